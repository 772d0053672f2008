using System.Text.Json;

using Firn.Testing;

namespace Firn.Process.Tests;

/// <summary><c>firn names</c>, <c>send</c>, <c>call</c> and <c>bench</c>: between nodes of <c>firn up</c>, and to a program's processes.</summary>
public sealed class MessagingCommandTests : NodeTests
{
    private const string AskNames = """{"Kind":"BuiltIn","From":""}""";

    [Fact]
    public async Task Names_are_listed_sent_to_and_called_at_a_peer_and_at_the_node_itself()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha");
        ChildProcess ann = Home.StartProgram("Chat", "ann");
        await alpha.SeesAsync("peerUp");
        await ann.WaitForLineAsync(line => line.StartsWith("* you are ann"));

        CommandResult own = await alpha.RunAsync("names");
        own.Output.ShouldContain("firn/names  built-in");
        own.Output.ShouldContain("no names of its own yet");
        (await alpha.RunAsync("names", "ann")).Output.ShouldMatch("chat +process\n");
        JsonElement names = (await alpha.RunAsync("names", "ann", "--json")).Json;
        names.GetProperty("node").GetString()!.ShouldStartWith("ann@");
        names.GetProperty("names")[0].GetProperty("name").GetString().ShouldBe("chat");

        CommandResult sent = await alpha.RunAsync("send", "chat@ann", "--raw", """{"From":"ops","Text":"hello"}""");
        sent.ExitCode.ShouldBe(0, sent.Errors);
        sent.Output.ShouldStartWith("sent to chat at ann@");
        await ann.WaitForLineAsync(line => line == "ops: hello");
        await Home.RunWithInputAsync("""{"From":"ops","Text":"again"}""", "send", "chat@ann", "--raw", "-", "--node", "alpha");
        await ann.WaitForLineAsync(line => line == "ops: again");

        foreach (string node in new[] { "ann", "alpha" })
        {
            CommandResult call = await alpha.RunAsync("call", $"firn/names@{node}", "--raw", AskNames);
            call.ExitCode.ShouldBe(0, call.Errors);
            JsonElement.Parse(call.Output).EnumerateArray().Select(name => name.GetString()).ShouldContain("firn/names");
            JsonElement json = (await alpha.RunAsync("call", $"firn/names@{node}", "--raw", AskNames, "--json")).Json;
            json.GetProperty("process").GetString().ShouldBe("firn/names");
            json.GetProperty("reply").EnumerateArray().Last().GetString().ShouldBe("firn/names");
        }
    }

    [Fact]
    public async Task Usual_mistakes_are_one_line_each()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha");
        ChildProcess ann = Home.StartProgram("Chat", "ann");
        await alpha.SeesAsync("peerUp");
        await ann.WaitForLineAsync(line => line.StartsWith("* you are ann"));

        Refusal(await alpha.RunAsync("send", "chat@nobody", "hi")).ShouldContain("no node called \"nobody\"");
        Refusal(await alpha.RunAsync("send", "chta@ann", "hi")).ShouldContain("there are chat");
        Refusal(await alpha.RunAsync("call", "chta@ann", "hi")).ShouldContain("there are chat");
        Refusal(await alpha.RunAsync("call", "chat@ann", "hi")).ShouldContain("cannot be read as Line");
        Refusal(await alpha.RunAsync("call", "chat@ann", "--raw", """{"From":"ops","Text":"hello"}""", "--timeout", "50ms"))
            .ShouldContain("did not reply within 0.05 s");
        Refusal(await alpha.RunAsync("names", "nobody")).ShouldContain("its peers are ann@");
        Refusal(await alpha.RunAsync("bench", "nobody")).ShouldContain("no node called \"nobody\"");
        Refusal(await alpha.RunAsync("bench", "alpha")).ShouldContain("this node itself");
        Refusal(await alpha.RunAsync("bench", "ann")).ShouldContain("serves no benches");
        Refusal(await Home.RunAsync("status", "--node", "ann")).ShouldContain("takes no commands");
        (await Home.RunAsync("status")).ExitCode.ShouldBe(0);   // the only one that takes commands needs no name
    }

    [Fact]
    public async Task A_bench_prints_a_line_for_each_phase_and_a_table_and_ends_cleanly_when_interrupted()
    {
        FirnNode alpha = await Home.UpAsync("--name", "alpha", "--no-discovery");
        FirnNode beta = await Home.UpAsync("--name", "beta", "--no-discovery", "--peer", alpha.Address);
        await FirnNode.MeetAsync(alpha, beta);

        CommandResult bench = await alpha.RunAsync("bench", "beta", "--seconds", "50ms", "--size", "4k", "--streams", "2");
        bench.ExitCode.ShouldBe(0, bench.Errors);
        bench.Output.ShouldContain("1/7 calls of 64 B there and back");
        bench.Output.ShouldContain("7/7 streams of 4 KiB from beta");
        bench.Output.ShouldMatch("streams +4 KiB +from beta +- +[0-9.]+ MB/s");
        bench.Output.ShouldContain("call min/avg/p50/p99 = ");

        JsonElement record = (await alpha.RunAsync("bench", "beta", "--seconds", "50ms", "--json")).Json;
        record.GetProperty("name").GetString().ShouldBe(beta.Name);
        record.GetProperty("figures").GetArrayLength().ShouldBe(7);

        ChildProcess endless = Home.Start("bench", "beta", "--seconds", "10m", "--node", "alpha");
        await endless.WaitForLineAsync(line => line.StartsWith("1/7"));
        endless.Send(Signal.Interrupt);
        (await endless.WaitForExitAsync()).ShouldBe(130);
        endless.Errors.ToString().ShouldBeEmpty();
    }
}
