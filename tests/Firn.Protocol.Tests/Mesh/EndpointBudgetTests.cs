namespace Firn.Protocol.Tests;

public sealed class EndpointBudgetTests
{
    private static readonly NodeAddress Here = NodeAddress.Parse("10.0.0.1:1"), There = NodeAddress.Parse("10.0.0.1:2");

    [Fact]
    public void One_host_and_port_is_tried_once_in_that_time_by_whatever_transport()
    {
        var budget = new EndpointBudget(2_000, capacity: 8);
        budget.Take(Here, 100);
        budget.NextAllowed(Here, 101).ShouldBe(2_100);
        budget.NextAllowed(NodeAddress.Parse("quic://10.0.0.1:1"), 101).ShouldBe(2_100);
        budget.NextAllowed(There, 101).ShouldBe(101);
    }

    [Fact]
    public void It_forgets_what_may_be_tried_again_and_nothing_else()
    {
        var budget = new EndpointBudget(2_000, capacity: 2);
        budget.Take(Here, 0);
        budget.Take(There, 1_999);
        budget.Take(NodeAddress.Parse("10.0.0.1:3"), 2_000);
        budget.Count.ShouldBe(2);
        budget.NextAllowed(There, 2_000).ShouldBe(3_999);
    }
}
