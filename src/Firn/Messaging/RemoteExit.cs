using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>
/// An exit that a peer told of, in the mailbox of a process that traps exits. It is charged to its session until the process takes note of it,
/// since nothing else limits how many come.
/// </summary>
internal sealed class RemoteExit(ExitNotice notice, MessageLink sender)
{
    private const int Overhead = 64;

    /// <summary>Bytes of one session's exits that may wait: all of its links may end at once, each with a long reason.</summary>
    public const long MaxWaiting = RelationBook.MaxPerSession * (long)(Overhead + (sizeof(char) * ExitReason.MaxText));

    private int Charge => Overhead + (sizeof(char) * (notice.Reason.Text?.Length ?? 0));

    public void DeliverTo(Mailbox mailbox)
    {
        sender.ChargeExit(Charge);
        if (!mailbox.DeliverNotice(this))
            Take();
    }

    /// <summary>It waits no longer.</summary>
    public ExitNotice Take()
    {
        sender.ChargeExit(-Charge);
        return notice;
    }
}
