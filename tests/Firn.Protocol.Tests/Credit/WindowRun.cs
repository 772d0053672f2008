namespace Firn.Protocol.Tests;

/// <summary>Some windows of one session, each with the sender at its other end, and what must hold between any two steps.</summary>
internal sealed class WindowRun(int windows, int floor, long budget)
{
    private readonly WindowBudget _budget = new(budget);
    private readonly End[] _ends = new End[windows];
    private bool _isStarted;
    private long _now;

    public bool IsMemoryShort
    {
        set => _budget.IsMemoryShort = value;
    }

    public void Do(int which, WindowStep step, long amount)
    {
        Start();
        ref var end = ref _ends[which];
        long before = end.Window.Granted;
        bool isNews = false;
        switch (step)
        {
            case WindowStep.Send:
                amount = Math.Min(amount, end.Credit.Available);
                end.Credit.Take(amount);
                end.Window.TryReceive(amount).ShouldBeTrue("the sender kept to its credit");
                break;
            case WindowStep.Consume:
                amount = Math.Min(amount, end.Window.Unread);
                end.Consumed += amount;
                isNews = end.Window.Consume(amount, _now += amount % 7, roundTrip: 3);
                break;
            case WindowStep.Widen:
                isNews = end.Window.TryWiden((int)amount);
                break;
            case WindowStep.Reserve when !end.IsClosed:
                long missing = end.Window.Missing(amount);
                end.Window.Reserve(missing);
                end.Reserved += missing;
                isNews = missing > 0;
                break;
            case WindowStep.ReturnReserved:
                end.Reserved = Math.Clamp(end.Window.Granted - end.Consumed - end.Window.Size, 0, end.Reserved);
                break;
            case WindowStep.Close:
                end.Window.Close();
                end.IsClosed = true;
                break;
        }

        (end.Window.Granted != before).ShouldBe(isNews, "every grant is told, and nothing that is none");
        end.Credit.TryGrant((ulong)end.Window.Granted).ShouldBeTrue();
        Check();
    }

    public void CloseAll()
    {
        for (int i = 0; i < _ends.Length; i++)
            Do(i, WindowStep.Close, 0);

        _budget.Free.ShouldBe(budget);
    }

    private void Start()
    {
        for (int i = 0; !_isStarted && i < _ends.Length; i++)
            _ends[i] = new End { Window = new ReceiveWindow(_budget, floor), Credit = new SendCredit(floor) };
        _isStarted = true;
    }

    private void Check()
    {
        long taken = 0;
        foreach (var end in _ends)
        {
            var window = end.Window;
            window.Size.ShouldBeInRange(floor, ReceiveWindow.Max);
            window.Left.ShouldBe(end.Credit.Available);
            window.Left.ShouldBeGreaterThanOrEqualTo(0);
            window.Unread.ShouldBe(end.Credit.Sent - end.Consumed);
            if (!end.IsClosed)
                window.Granted.ShouldBeLessThanOrEqualTo(end.Consumed + window.Size + end.Reserved);
            taken += window.Size - floor;
        }

        _budget.Free.ShouldBe(budget - taken);
        _budget.Free.ShouldBeGreaterThanOrEqualTo(0);
    }

    private struct End
    {
        public ReceiveWindow Window;
        public SendCredit Credit;
        public long Consumed;
        public long Reserved;
        public bool IsClosed;
    }
}

internal enum WindowStep
{
    Send,
    Consume,
    Widen,
    Reserve,

    /// <summary>Gives back what was reserved and is not granted beyond the window any more.</summary>
    ReturnReserved,

    Close,
}
