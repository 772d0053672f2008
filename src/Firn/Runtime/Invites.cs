using System.Security.Cryptography;
using Firn.Protocol;

namespace Firn.Runtime;

/// <summary>An invite that was made: its line, which holds the code, and what its maker sees of it.</summary>
internal sealed record NewInvite(string Line, InviteState State);

/// <summary>The invites of a node, in its memory: they end with it.</summary>
internal sealed class Invites : IDisposable
{
    private readonly Lock _gate = new();
    private readonly NodeCore _node;
    private readonly InviteBook _book = new(NewCode());

    public Invites(NodeCore node) => _node = node;

    /// <summary>Makes an invite to what this node asks of its peers.</summary>
    /// <param name="uses">For how many nodes.</param>
    /// <param name="lifetime">For how long.</param>
    /// <param name="trustOnly">Leave the cookie out.</param>
    /// <param name="addresses">Where others dial this node; its own addresses if none are given.</param>
    /// <exception cref="FirnException">An option is out of its range, too many are open, or this node has nothing to give or listens nowhere.</exception>
    public NewInvite Create(int uses, TimeSpan lifetime, bool trustOnly, IReadOnlyList<NodeAddress> addresses)
    {
        var admission = _node.Setup.Handshake.Admission;
        var gifts = InviteGiftsExtensions.Of(admission.Mode, trustOnly);
        if (gifts.HasFlag(InviteGifts.Cookie) && admission.Keyring![0].IsPassphrase)
        {
            throw new FirnException(
                FailureReason.InvalidInput,
                "this node's cookie is a passphrase, which no invite carries: 'firn cookie rotate' makes a strong one, or bring it over with 'firn cookie import'");
        }

        if (addresses.Count == 0)
            addresses = OwnAddresses.ForInvite(_node.Setup.Advertised, _node.Acceptor.Bound, InviteLine.MaxAddresses);
        if (addresses.Count == 0)
            throw new FirnException(FailureReason.InvalidInput, "this node listens nowhere, so nobody can join it: start it with --listen, or give --address");

        var (wall, code) = (_node.Clock.Wall, NewCode());
        var id = InviteId.Read(RandomNumberGenerator.GetBytes(InviteId.Length));
        try
        {
            string line = InviteLine.Write(gifts, _node.Setup.Self.Did, id, code, wall + lifetime, addresses);
            lock (_gate)
            {
                _book.Add(id, code, gifts, uses, lifetime, wall, _node.Clock.Now);
                return new NewInvite(line, _book.List(wall, _node.Clock.Now)[^1]);
            }
        }
        catch
        {
            code.Dispose();
            throw;
        }
    }

    /// <summary>The oldest first, those that are over too.</summary>
    public IReadOnlyList<InviteState> List()
    {
        lock (_gate)
            return _book.List(_node.Clock.Wall, _node.Clock.Now);
    }

    /// <summary>It takes nobody any more; answers what it was.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.InvalidInput"/>: there is no such invite.</exception>
    public InviteState Cancel(string text)
    {
        lock (_gate)
        {
            if (!InviteId.TryParse(text, out var id) || !_book.Cancel(id))
                throw new FirnException(FailureReason.InvalidInput, $"there is no invite \"{text}\" at this node: 'firn invite --list' says which there are");
            return _book.List(_node.Clock.Wall, _node.Clock.Now).First(invite => invite.Id == id);
        }
    }

    public HandshakeKeys KeysOf(InviteId id, uint version, Source source)
    {
        lock (_gate)
            return _book.KeysOf(id, version, source, _node.Clock.Now);
    }

    public (JoinDecision Decision, InviteGifts Gifts) OnProved(InviteId id, Did did)
    {
        lock (_gate)
            return _book.OnProved(id, did, _node.Clock.Wall, _node.Clock.Now);
    }

    public bool OnWrongProof(InviteId id)
    {
        lock (_gate)
            return _book.OnWrongProof(id);
    }

    public void Dispose()
    {
        lock (_gate)
            _book.Dispose();
    }

    private static InviteCode NewCode()
    {
        Span<byte> random = stackalloc byte[InviteCode.Length];
        RandomNumberGenerator.Fill(random);
        var code = new InviteCode(random);
        CryptographicOperations.ZeroMemory(random);
        return code;
    }
}
