using System.Net;

namespace Firn.Protocol;

/// <summary>Send this on a link: to its group, or to one alone.</summary>
internal sealed record MdnsPacket(MdnsLinkId Link, byte[] Message, IPEndPoint? To);

/// <summary>One link of the node: what it shows there and what it finds there, and the limits of what comes and goes.</summary>
internal sealed class MdnsZone
{
    /// <summary>Packets that are sent at once, and per second afterwards, whatever others do.</summary>
    public const int SentAtOnce = 40, SentPerSecond = 20;

    private const long HeldUpMilliseconds = 100;
    private const int RememberedPackets = 32;
    private const long EchoMilliseconds = 2_000;

    private readonly PacketGate _gate = new();
    private readonly Queue<(byte[] Message, long Until)> _sent = [];
    private readonly Action<MdnsPacket> _send;
    private TokenBucket _budget;
    private long _heldUpUntil;
    private long _now;

    public MdnsZone(
        MdnsLink link, IReadOnlyList<DnsName> types, Func<double> random, Func<DnsRecord, bool> isOurs, Func<ServiceText, bool> isWanted,
        Action<MdnsPacket> send, long now)
    {
        (Link, _send, _now) = (link, send, now);
        _budget = new TokenBucket(SentAtOnce, SentPerSecond, now);
        Responder = new MdnsResponder(random, isOurs, Send);
        Browser = new MdnsBrowser(types, random, isWanted, IsOwnInstance, message => Send(message, null));
    }

    public MdnsLink Link { get; set; }

    public MdnsResponder Responder { get; }

    public MdnsBrowser Browser { get; }

    public long NextDue => Math.Max(_heldUpUntil, Math.Min(Responder.NextDue, Browser.NextDue));

    /// <summary>A packet came in; <paramref name="isMulticast"/>: to the group. What is not of the link, or too much, or no message, is passed over.</summary>
    public MdnsConflict Receive(ReadOnlySpan<byte> datagram, IPEndPoint source, bool isMulticast, long now)
    {
        _now = now;
        bool isLegacy = source.Port != MdnsNames.Port;
        bool isOnLink = Link.IsOnLink(source.Address);

        // A packet to the group comes from the link, whatever its source says; one to this node alone may come from anywhere (section 11).
        if (!isOnLink && (!isMulticast || isLegacy))
            return MdnsConflict.None;
        if (Link.IsOwn(source.Address) && IsEcho(datagram, now))
            return MdnsConflict.None;
        if (!_gate.Admits(source.Address, now) || !DnsReader.TryRead(datagram, out var message))
            return MdnsConflict.None;

        if (message.IsResponse)
            return isLegacy ? MdnsConflict.None : OnResponse(message, source, now);

        Responder.OnQuery(message, source, isLegacy, now);
        if (!isLegacy)
            Browser.OnQuery(message, now);
        return MdnsConflict.None;
    }

    /// <summary>Sends what is due, as far as the budget goes; the rest waits.</summary>
    public void Tick(long now)
    {
        _now = now;
        if (_heldUpUntil > now)
            return;

        if (Responder.NextDue <= now && HasBudget(now))
            Responder.Tick(now);
        if (Browser.NextDue <= now && HasBudget(now))
            Browser.Tick(now);
    }

    public void SayGoodbye(long now)
    {
        _now = now;
        Responder.SayGoodbye();
    }

    private MdnsConflict OnResponse(DnsMessage message, IPEndPoint source, long now)
    {
        if (Browser.OnResponse(message, now))
            _gate.Vouch(source.Address, now);
        return Responder.OnResponse(message, now);
    }

    private bool HasBudget(long now)
    {
        if (_budget.TryTake(now))
            return true;

        _heldUpUntil = now + HeldUpMilliseconds;
        return false;
    }

    private bool IsOwnInstance(DnsName name) => Responder.Records.Any(own => own.Record.Name.Equals(name));

    private void Send(byte[] message, IPEndPoint? to)
    {
        // Who is answered alone, and at once, is answered as far as the budget goes; it will ask again.
        if (to is not null && !_budget.TryTake(_now))
            return;
        if (to is null)
        {
            if (_sent.Count == RememberedPackets)
                _sent.Dequeue();
            _sent.Enqueue((message, _now + EchoMilliseconds));
        }

        _send(new MdnsPacket(Link.Id, message, to));
    }

    /// <summary>
    /// The system brings back what this node sends to the group, once. Another program of this machine may send the very same bytes: that is a
    /// second packet.
    /// </summary>
    private bool IsEcho(ReadOnlySpan<byte> datagram, long now)
    {
        while (_sent.TryPeek(out var oldest) && oldest.Until <= now)
            _sent.Dequeue();

        int count = _sent.Count;
        bool isEcho = false;
        for (int i = 0; i < count; i++)
        {
            var sent = _sent.Dequeue();
            if (!isEcho && datagram.SequenceEqual(sent.Message))
                isEcho = true;
            else
                _sent.Enqueue(sent);
        }

        return isEcho;
    }
}
