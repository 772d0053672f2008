namespace Firn.Protocol;

/// <summary>What <see cref="StrangerGate"/> wants done with a connection.</summary>
internal enum StrangerVerb
{
    /// <summary>Start its handshake.</summary>
    Start,

    /// <summary>Keep it, read nothing, start nothing.</summary>
    Park,

    /// <summary>Abort it; the gate has forgotten it.</summary>
    Drop,
}

/// <summary>Why a connection is dropped.</summary>
internal enum StrangerDrop
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Its source held more than its share of the handshakes while another source came.</summary>
    Evicted,

    /// <summary>It waited for longest of its source, and no more could wait.</summary>
    ParkingFull,

    /// <summary>It waited for its turn until its deadline.</summary>
    WaitedTooLong,

    /// <summary>Its handshake was not finished by its deadline.</summary>
    HandshakeTooLong,
}

/// <summary>Do <paramref name="Verb"/> with connection <paramref name="Id"/>.</summary>
internal readonly record struct StrangerAction(StrangerVerb Verb, long Id, StrangerDrop Why = StrangerDrop.None);
