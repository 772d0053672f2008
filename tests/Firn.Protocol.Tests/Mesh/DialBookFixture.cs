namespace Firn.Protocol.Tests;

/// <summary>A dial book, what it asks for, and the steps that tests of it share.</summary>
public abstract class DialBookFixture
{
    private protected static readonly NodeAddress Here = NodeAddress.Parse("10.0.0.1:1");
    private protected static readonly NodeAddress There = NodeAddress.Parse("10.0.0.2:1");

    private readonly List<NodeAction> _actions = [];
    private long _lastLink;

    private protected List<PeerKey> GivenUp { get; } = [];

    /// <summary>What the book draws when it draws lots.</summary>
    protected double Drawn { get; set; }

    /// <summary>Which cookie may be proved to a target: of one, unless a test says otherwise.</summary>
    private protected Func<DialTarget, CookieChoice?> CookieFor { get; set; } = static target => target.Cookie == 0 ? default(CookieChoice) : null;

    /// <summary>The peers that would join this node with any other.</summary>
    private protected List<PeerKey> Relays { get; } = [];

    private protected DialBook Book(DialLimits? limits = null) =>
        new(limits ?? new DialLimits(), () => Drawn, () => ++_lastLink, _actions.Add, GivenUp.Add, target => CookieFor(target), _ => Relays);

    /// <summary>A source says that Bob is here.</summary>
    private protected static Sighting Said(DialKind kind) => new(kind, "test", "bob", [Here], Pair.Bob.Did);

    private protected List<NodeAction> Take()
    {
        var actions = _actions.ToList();
        _actions.Clear();
        return actions;
    }

    private protected StartDial? TakeDial() => Take().OfType<StartDial>().SingleOrDefault();

    private protected static void Fail(DialBook book, StartDial dial, long now, FailureReason reason = FailureReason.Unreachable) =>
        book.OnFailed(dial.Link, new DialFailure(reason, "no"), isFinal: false, now);

    private protected static void Reach(DialBook book, StartDial dial, PeerKey peer, long now)
    {
        book.OnReached(dial.Link, peer).ShouldBeTrue();
        book.OnUp(peer, now);
        book.OnYielded(dial.Link, isUp: true, now);
    }

    /// <summary>A book whose only target, of that kind, is connected with Bob since time 0.</summary>
    private protected DialBook Connected(DialKind kind)
    {
        var book = Book();
        if (kind == DialKind.Mesh)
            book.Learn(Pair.Bob, [Here], isUp: false, 0);
        else if (kind == DialKind.Explicit)
            book.Request(7, Here, 0);
        else if (kind == DialKind.Configured)
            book.Configure(Here, 0);
        else
            book.OnFound(Said(kind), up: null, 0);
        book.Tick(0);
        Reach(book, TakeDial()!, Pair.Bob, 0);
        Take();
        return book;
    }
}
