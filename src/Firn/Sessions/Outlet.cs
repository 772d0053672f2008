namespace Firn.Sessions;

/// <summary>
/// Something that sends in turn with others: a stream, or a channel whose messages had to wait. All of it happens under the
/// <see cref="SessionWriter.Gate"/> of its session.
/// </summary>
internal abstract class Outlet
{
    /// <summary>Whether it waits for its turn; the writer's.</summary>
    public bool IsQueued { get; set; }

    /// <summary>
    /// Writes its next frame to the beginning of <paramref name="destination"/>, which takes the largest; returns its size, 0 if nothing may go now.
    /// Operations that are done with it go to <paramref name="done"/>.
    /// </summary>
    public abstract int WriteFrame(Span<byte> destination, List<SendOperation> done);

    /// <summary>Whether the next <see cref="WriteFrame"/> has something to write.</summary>
    public abstract bool CanWrite { get; }
}
