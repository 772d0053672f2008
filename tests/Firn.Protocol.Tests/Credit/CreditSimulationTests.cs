namespace Firn.Protocol.Tests;

/// <summary>A sender and a receiver with delay between them: whatever the pace of each, all of it arrives.</summary>
public class CreditSimulationTests
{
    [Fact]
    public void Sender_and_receiver_never_wait_for_each_other() => Fuzz.Run(Fuzz.CostlyCases / 10, mutator =>
    {
        int floor = 1 + mutator.Next(mutator.Chance(4) ? 4 : 2_000);
        long total = 1 + mutator.Next(200 * floor), delay = 1 + mutator.Next(40);
        var budget = new WindowBudget(mutator.Next(20 * floor));
        var window = new ReceiveWindow(budget, floor);
        var credit = new SendCredit(floor);
        Queue<(long At, long Amount)> data = new();
        Queue<(long At, ulong Total)> grants = new();
        long consumed = 0, lastProgress = 0;

        for (long now = 0; consumed < total; now++)
        {
            long amount = Math.Min(Math.Min(credit.Available, total - credit.Sent), 1 + mutator.Next(2 * floor));
            if (amount > 0 && !mutator.Chance(3))
            {
                credit.Take(amount);
                data.Enqueue((now + delay, amount));
            }

            while (data.TryPeek(out var arrived) && arrived.At <= now)
                window.TryReceive(data.Dequeue().Amount).ShouldBeTrue();
            while (grants.TryPeek(out var granted) && granted.At <= now)
                credit.TryGrant(grants.Dequeue().Total).ShouldBeTrue();

            budget.IsMemoryShort = mutator.Chance(50);
            long read = window.Unread == 0 || mutator.Chance(3) ? 0 : 1 + mutator.Next((int)window.Unread);
            if (read > 0)
                lastProgress = now;
            consumed += read;
            if (read > 0 && window.Consume(read, now, roundTrip: 2 * delay))
                grants.Enqueue((now + delay, (ulong)window.Granted));
            (now - lastProgress).ShouldBeLessThan(2 * delay + 100, "sender and receiver wait for each other");
        }

        window.Close();
        consumed.ShouldBe(total);
    });
}
