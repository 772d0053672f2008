namespace Firn.Streams;

/// <summary>The sending half of a stream: on the session's main stream, in frames, or on a stream of the transport's own.</summary>
internal interface IStreamOutput
{
    /// <summary>The stream whose half this is.</summary>
    FirnStream Stream { set; }

    /// <summary>Whether its bytes and its end go on a stream of the transport's own.</summary>
    bool IsNative { get; }

    /// <summary>Whether the end was said, or is about to be: nothing more is written.</summary>
    bool IsEnding { get; }

    /// <summary>Sends <paramref name="data"/>; completes when there is credit for all of it and the last is about to be sent.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    /// <summary>Says that no more comes, if nothing is being written. Harmless when the stream is over.</summary>
    bool TryEnd();

    /// <summary>Says after the end that nothing more is read here, either.</summary>
    void Stop();

    /// <summary>Ends both directions at once: a write that waits fails with <paramref name="failure"/>, later ones too.</summary>
    void Reset(uint code, Exception failure);

    /// <summary>The other end reset the stream, or the session is over: nothing more is sent, not even a reset.</summary>
    void Abort(Exception failure);

    /// <summary>The other end has granted more; false when it takes back what it gave.</summary>
    bool TryGrant(ulong total);

    /// <summary>Whoever wrote gave up. What was sent of it cannot be taken back: then the stream is reset.</summary>
    void Cancel(StreamWrite write, CancellationToken cancellationToken);
}
