using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Firn.Serialization;

namespace Firn.Tests.Serialization;

public class JsonMessageSerializerTests
{
    private static readonly Order AnOrder = new(
        "spring", [new("snow", 2), new("ice", 1)], new() { ["snow"] = 1.5m }, new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), (3, 4));

    [Fact]
    public void It_is_what_nodes_use() => new NodeOptions().Serializer.ShouldBeSameAs(JsonMessageSerializer.Default);

    [Fact]
    public void A_message_is_written_as_one_expects() =>
        Bytes.TextOf(new Add(2)).ShouldBe("""{"N":2,"Note":null}""");

    [Fact]
    public void Records_lists_dictionaries_and_tuples_read_back()
    {
        foreach (var serializer in new[] { JsonMessageSerializer.Default, new JsonMessageSerializer(TestContext.Default), WithoutReflection() })
        {
            var again = Bytes.Copy(AnOrder, serializer);
            again.Lines.ShouldBe(AnOrder.Lines);
            again.Prices.ShouldBe(AnOrder.Prices);
            (again.Name, again.At, again.Place).ShouldBe((AnOrder.Name, AnOrder.At, AnOrder.Place));
            Bytes.Copy(7, serializer).ShouldBe(7);
            Bytes.Copy("é😀", serializer).ShouldBe("é😀");
        }
    }

    [Fact]
    public void A_context_brings_its_own_options() =>
        Bytes.TextOf(new Add(2), new JsonMessageSerializer(TestContext.Default)).ShouldBe("""{"n":2,"note":null}""");

    [Fact]
    public void A_type_that_a_context_does_not_have_is_refused_at_both_ends()
    {
        foreach (var serializer in new[] { new JsonMessageSerializer(TestContext.Default), WithoutReflection() })
        {
            var sending = Should.Throw<FirnException>(() => Bytes.Of(new Tree(null, null), serializer));
            sending.Reason.ShouldBe(FailureReason.NotSerializable);
            sending.Message.ShouldStartWith("Tree cannot be sent: ");
            sending.Message.ShouldContain("JsonSerializableAttribute");
            Should.Throw<FirnException>(() => Bytes.Read<Tree>("{}", serializer)).Reason.ShouldBe(FailureReason.BadMessage);
        }
    }

    [Theory]
    [InlineData("", "isFinalBlock")]
    [InlineData("{", "")]
    [InlineData("nonsense", "")]
    [InlineData("[1]", "")]
    [InlineData("{\"N\":\"2\"}", "$.N")]
    [InlineData("{\"N\":99999999999}", "$.N")]
    [InlineData("{}", "N")]
    [InlineData("{\"N\":1,\"N\":2}", "Duplicate")]
    [InlineData("{\"N\":2}{", "")]
    [InlineData("{\"N\":2} 1", "")]
    [InlineData("{\"N\":2,}", "")]
    [InlineData("null", "null")]
    public void What_is_no_such_message_is_refused_with_the_place(string json, string detail)
    {
        var e = Should.Throw<FirnException>(() => Bytes.Read<Add>(json));
        e.Reason.ShouldBe(FailureReason.BadMessage);
        e.Message.ShouldContain("Add");
        e.Message.ShouldContain(detail);
    }

    [Fact]
    public void White_space_around_a_message_is_none_of_it() => Bytes.Read<Add>(" \r\n{\"N\":2}\t ").ShouldBe(new Add(2));

    [Fact]
    public void What_is_not_nullable_is_not_null() =>
        Should.Throw<FirnException>(() => Bytes.Read<Line>("""{"Item":null,"Count":1}""")).Message.ShouldContain("Item");

    [Fact]
    public void Null_is_no_message_but_may_be_a_reply()
    {
        var none = new ReadOnlySequence<byte>("null"u8.ToArray());
        Payloads.ReadReply<Add>(none, JsonMessageSerializer.Default, null).ShouldBeNull();
        Payloads.ReadReply<int?>(none, JsonMessageSerializer.Default, null).ShouldBeNull();
        Should.Throw<FirnException>(() => Payloads.ReadReply<int>(none, JsonMessageSerializer.Default, null)).Reason.ShouldBe(FailureReason.BadMessage);

        Should.Throw<FirnException>(() => Bytes.Read<string>("null")).Message.ShouldBe("What came is null: expected String. Only a reply may be null.");
        Should.Throw<FirnException>(() => Bytes.Read<int?>("null")).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Read<int>("null")).Reason.ShouldBe(FailureReason.BadMessage);
    }

    [Fact]
    public void Nesting_is_bounded_at_both_ends()
    {
        Tree deep = new(null, null);
        for (int i = 1; i < 64; i++)
            deep = new(deep, null);
        Bytes.Copy(deep).ShouldBe(deep);
        Should.Throw<FirnException>(() => Bytes.Of(new Tree(deep, null))).Reason.ShouldBe(FailureReason.NotSerializable);

        string hole = string.Concat(Enumerable.Repeat("{\"Left\":", 1_000_000));
        Should.Throw<FirnException>(() => Bytes.Read<Tree>(hole)).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => Bytes.Read<JsonElement>(new string('[', 1_000_000))).Reason.ShouldBe(FailureReason.BadMessage);
        Should.Throw<FirnException>(() => new JsonMessageSerializer(new JsonSerializerOptions { MaxDepth = 257 })).Reason.ShouldBe(FailureReason.InvalidInput);
        Bytes.Copy(deep, new JsonMessageSerializer(new JsonSerializerOptions { MaxDepth = 256 })).ShouldBe(deep);
    }

    [Fact]
    public void A_message_that_holds_itself_is_refused()
    {
        var box = new Box();
        box.Anything = box;
        Should.Throw<FirnException>(() => Bytes.Of(box)).Message.ShouldStartWith("Box cannot be sent: ");
    }

    [Fact]
    public void A_refusal_repeats_only_a_little_of_what_came()
    {
        string json = $$"""{"{{new string('k', 1_000_000)}}\u0007":[]}""";
        var e = Should.Throw<FirnException>(() => Bytes.Read<Dictionary<string, int>>(json));
        e.Message.Length.ShouldBeLessThan(700);
        e.Message.Any(char.IsControl).ShouldBeFalse();
    }

    [Fact]
    public void Options_of_ones_own_are_copied()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
        var serializer = new JsonMessageSerializer(options);
        options.PropertyNamingPolicy = null;
        Bytes.TextOf(new Add(2), serializer).ShouldBe("""{"n":2}""");
        Bytes.Copy(new Add(2, "x"), serializer).ShouldBe(new Add(2, "x"));

        var lax = new JsonMessageSerializer(new JsonSerializerOptions { AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip });
        Bytes.Read<Add>("{\"N\":2,} // two", lax).ShouldBe(new Add(2));
    }

    /// <summary>Options as a program has them that is published without reflection.</summary>
    private static JsonMessageSerializer WithoutReflection() => new(new JsonSerializerOptions
    {
        IncludeFields = true,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(TestContext.Default),
    });
}
