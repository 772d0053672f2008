using System.Text;
using Firn.AspNetCore;
using Firn.Cli;

namespace Firn.Tests;

/// <summary>What is typed for a message, and how replies, names and figures are printed.</summary>
public class MessageTests
{
    [Theory]
    [InlineData("chat@beta", "chat", "beta")]
    [InlineData("chat@beta@beta.lan", "chat", "beta@beta.lan")]
    [InlineData("shop/cart.v1@b", "shop/cart.v1", "b")]
    public void A_process_is_named_before_the_first_at(string text, string process, string node)
    {
        var (address, error) = ProcessAddress.Read(text);

        error.ShouldBeNull();
        address.ShouldBe(new ProcessAddress(process, node));
    }

    [Theory]
    [InlineData("hello", false, "\"hello\"")]
    [InlineData("say \"hi\"", false, "\"say \\u0022hi\\u0022\"")]
    [InlineData("", false, "\"\"")]
    [InlineData("{\"N\":2}", true, "{\"N\":2}")]
    public async Task Text_becomes_a_JSON_string_and_raw_text_stays(string text, bool isRaw, string message) =>
        (await ReadAsync(text, isRaw)).ShouldBe(message);

    [Theory]
    [InlineData("two\nlines\n", false, "\"two\\nlines\"")]
    [InlineData("dos\r\n", false, "\"dos\"")]
    [InlineData("{}\n", true, "{}\n")]
    public async Task A_dash_reads_standard_input(string input, bool isRaw, string message) =>
        (await ReadAsync("-", isRaw, Encoding.UTF8.GetBytes(input))).ShouldBe(message);

    [Fact]
    public async Task Input_that_is_no_text_or_far_too_long_is_refused()
    {
        (await Should.ThrowAsync<FirnException>(() => ReadAsync("-", false, 0xff, 0xfe))).Message.ShouldContain("--raw");
        (await Should.ThrowAsync<FirnException>(() => ReadAsync("-", true, new byte[MessageText.MaxBytes + 1]))).Message.ShouldContain("longer than");
    }

    [Theory]
    [InlineData("\"one\\ntwo\"", "one\ntwo\n")]
    [InlineData("{\"n\": 2}", "{\"n\": 2}\n")]
    [InlineData("null", "null\n")]
    [InlineData("not JSON", "not JSON")]
    [InlineData("", "")]
    public void A_reply_is_printed_as_text_JSON_or_bytes(string reply, string printed)
    {
        var output = new StringWriter { NewLine = "\n" };

        ReplyText.Print(output, Encoding.UTF8.GetBytes(reply));

        output.ToString().ShouldBe(printed);
    }

    [Fact]
    public void Names_are_a_table_and_a_node_without_any_says_what_to_do()
    {
        NamesCommand.Lines(new NamesBody("beta@b.lan", [new("chat", "process"), new("work", "function"), new("firn/names", "builtIn")])).ShouldBe(
            ["NAME        KIND", "chat        process", "work        function", "firn/names  built-in"]);
        NamesCommand.Lines(new NamesBody("beta@b.lan", [new("firn/names", "builtIn")])).Last().ShouldContain("no names of its own yet");
    }

    [Fact]
    public void Figures_are_a_table_and_the_latency_below_it()
    {
        var record = new BenchRecord("beta@b.lan", "tcp://10.0.0.2:3476",
        [
            new("calls", "roundTrip", 64, 2, 1_280_000, 640_000, 20_000, 10_000) { Latency = new(0.05, 0.1, 0.09, 0.2) },
            new("messages", "out", 64, 2, 128_000_000, 64_000_000, 2_000_000, 1_000_000),
            new("streams", "in", 65536, 2, 2_000_000_000, 1_000_000_000, null, null),
        ]);

        BenchTable.Lines(record).ShouldBe(
        [
            "beta@b.lan (tcp://10.0.0.2:3476)",
            "WHAT      SIZE    WAY             RATE      THROUGHPUT",
            "calls     64 B    there and back  10.0 k/s  0.64 MB/s",
            "messages  64 B    to beta         1.00 M/s  64.0 MB/s",
            "streams   64 KiB  from beta       -         1000 MB/s",
            "call min/avg/p50/p99 = 0.050/0.100/0.090/0.200 ms",
        ]);
    }

    [Theory]
    [InlineData("64", 64)]
    [InlineData("64k", 65536)]
    [InlineData("1M", 1048576)]
    public void Sizes_are_bytes_or_binary_multiples(string text, int bytes) => Sizes.Read(text).ShouldBe((bytes, null));

    [Theory]
    [InlineData("2", 2000)]
    [InlineData("0.5", 500)]
    [InlineData("250ms", 250)]
    public void A_number_of_seconds_needs_no_unit(string text, int milliseconds) =>
        BenchCommand.ReadSeconds(text).ShouldBe((TimeSpan.FromMilliseconds(milliseconds), null));

    private static async Task<string> ReadAsync(string text, bool isRaw, params byte[] input) =>
        Encoding.UTF8.GetString((await MessageText.ReadAsync(text, isRaw, () => new MemoryStream(input), CancellationToken.None)).Span);
}
