using Firn.Protocol.Wire;

namespace Firn.Protocol;

/// <summary>
/// Which processes are linked. A link is one, however often and from whichever end it was asked for. Unlinking across a session is
/// confirmed, as in OTP: until then what the other end says of the link was said before it knew, and is ignored.
/// A part of the <see cref="RelationBook"/>.
/// </summary>
internal sealed class LinkBook(Func<ulong, bool> isAlive, Action<RelationAction> act)
{
    /// <summary>For each local process whom it is linked with, and with whom an Unlink is not confirmed.</summary>
    private readonly Index<ulong, ProcessKey> _partners = new();

    public bool IsEmpty => _partners.IsEmpty;

    public bool AreLinked(ulong process, ProcessKey other, SessionRelations? session) => session is null
        ? other.Session == 0 && _partners.Contains(process, other)
        : session.Links.TryGetValue(new LinkPair(process, other.Number), out var link) && link.IsLinked;

    /// <summary>Links with a local process, or with one at the other end of <paramref name="session"/>; null: that has ended.</summary>
    public void Link(ulong process, ProcessKey other, SessionRelations? session)
    {
        if (!isAlive(process) || other == ProcessKey.Local(process))
            return;   // who has ended is told nothing; who is linked with itself would hear of its end too late

        if (session is not null)
            LinkAcross(session, new LinkPair(process, other.Number));
        else if (other.Session != 0)
            Break(process, other, ExitReason.NoConnection);
        else if (!isAlive(other.Number))
            Break(process, other, ExitReason.NoProcess);
        else if (_partners.Add(process, other))
            _partners.Add(other.Number, ProcessKey.Local(process));
    }

    public void Unlink(ulong process, ProcessKey other, SessionRelations? session)
    {
        if (session is not null)
            UnlinkAcross(session, new LinkPair(process, other.Number));
        else if (_partners.Remove(process, other))
            _partners.Remove(other.Number, ProcessKey.Local(process));
    }

    public void OnExited(ulong process, ExitReason reason, Dictionary<long, SessionRelations> sessions)
    {
        foreach (var other in _partners.Take(process))
        {
            if (other.Session == 0)
            {
                _partners.Remove(other.Number, ProcessKey.Local(process));
                Break(other.Number, ProcessKey.Local(process), reason);
                continue;
            }

            var (session, pair) = (sessions[other.Session], new LinkPair(process, other.Number));
            if (SetUnlinked(session, session.Links[pair]))
                SendExit(session, pair, reason);
            session.Links.Remove(pair);   // whoever awaited an ack awaits nothing any more
        }
    }

    public void OnSessionEnded(SessionRelations session)
    {
        foreach (var (pair, link) in session.Links)
        {
            var other = Other(session, pair);
            _partners.Remove(pair.Own, other);
            if (link.IsLinked)
                Break(pair.Own, other, ExitReason.NoConnection);
        }
    }

    public string? OnLink(SessionRelations session, LinkPair pair)
    {
        if (session.Links.TryGetValue(pair, out var link) && (link.IsLinked || link.IsUnlinking))
            return null;

        if (!isAlive(pair.Own))
        {
            SendExit(session, pair, ExitReason.NoProcess, isAnswer: true);
            return null;
        }

        if (!session.MayHold)
            return "more monitors and links than a session holds";

        link ??= Keep(session, pair);
        link.IsLinked = link.IsTheirs = true;
        session.TheirLinks++;
        return null;
    }

    public void OnUnlink(SessionRelations session, LinkPair pair)
    {
        TryUnlink(session, pair);
        act(new SendSignal(session.Number, FrameType.UnlinkAck, Signal(pair), IsAnswer: true));
    }

    public void OnUnlinkAck(SessionRelations session, LinkPair pair)
    {
        if (!session.Links.TryGetValue(pair, out var link) || link.AcksAwaited == 0)
            return;

        link.AcksAwaited--;
        link.IsUnlinking &= link.AcksAwaited > 0;
        ForgetIfOver(session, pair, link);
    }

    public void OnExit(SessionRelations session, LinkPair pair, ExitReason reason)
    {
        if (TryUnlink(session, pair))
            Break(pair.Own, Other(session, pair), reason);
    }

    private void LinkAcross(SessionRelations session, LinkPair pair)
    {
        bool isKnown = session.Links.TryGetValue(pair, out var link);
        if (link is { IsLinked: true })
            return;

        session.AssertMayAsk(without: isKnown ? 1 : 0);   // one that the other end asked for, and this one unlinked, becomes this one's
        link ??= Keep(session, pair);
        // This ends the unlinking, though not the wait for its ack: if the other end has unlinked and linked again, too, both are linked.
        (link.IsLinked, link.IsTheirs, link.IsUnlinking) = (true, false, false);
        act(new SendSignal(session.Number, FrameType.Link, Signal(pair)));
    }

    private void UnlinkAcross(SessionRelations session, LinkPair pair)
    {
        if (!session.Links.TryGetValue(pair, out var link) || !SetUnlinked(session, link))
            return;

        link.IsUnlinking = true;
        link.AcksAwaited++;
        act(new SendSignal(session.Number, FrameType.Unlink, Signal(pair)));
    }

    private RemoteLink Keep(SessionRelations session, LinkPair pair)
    {
        var link = new RemoteLink();
        session.Links.Add(pair, link);
        _partners.Add(pair.Own, Other(session, pair));
        return link;
    }

    private bool TryUnlink(SessionRelations session, LinkPair pair)
    {
        if (!session.Links.TryGetValue(pair, out var link) || !SetUnlinked(session, link))
            return false;

        ForgetIfOver(session, pair, link);
        return true;
    }

    private static bool SetUnlinked(SessionRelations session, RemoteLink link)
    {
        if (!link.IsLinked)
            return false;

        link.IsLinked = false;
        if (link.IsTheirs)
            session.TheirLinks--;
        return true;
    }

    private void ForgetIfOver(SessionRelations session, LinkPair pair, RemoteLink link)
    {
        if (link.IsLinked || link.AcksAwaited > 0)
            return;

        session.Links.Remove(pair);
        _partners.Remove(pair.Own, Other(session, pair));
    }

    private void Break(ulong process, ProcessKey from, ExitReason reason) => act(new DeliverExit(process, from, reason, IsLink: true));

    private void SendExit(SessionRelations session, LinkPair pair, ExitReason reason, bool isAnswer = false) => act(new SendSignal(
        session.Number, FrameType.Exit, new ExitSignal { From = pair.Own, To = pair.Other, Reason = reason.ToWire(), IsLink = true }, isAnswer));

    private static ProcessKey Other(SessionRelations session, LinkPair pair) => new(session.Number, pair.Other);

    private static LinkSignal Signal(LinkPair pair) => new() { From = pair.Own, To = pair.Other };
}
