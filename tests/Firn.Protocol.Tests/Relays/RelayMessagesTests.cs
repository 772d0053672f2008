using Firn.Protocol.Wire;

namespace Firn.Protocol.Tests;

public class RelayMessagesTests
{
    private static readonly Did Bob = Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169");

    /// <summary>The bytes of version 1, recorded; docs/protocol.md shows them.</summary>
    [Fact]
    public void Messages_are_written_as_ever()
    {
        const string Point = "037F235830DD3DEFA722EF1AA249D6A0DDBBA4F990B0817538933F573640653542";
        Convert.ToHexString(RelayMessages.Request(Bob)).ShouldBe("002508011221" + Point);
        Convert.ToHexString(RelayMessages.Notice(Bob)).ShouldBe("002508011221" + Point);
        Convert.ToHexString(RelayMessages.Answer(RelayStatus.Ok)).ShouldBe("00020801");
        Convert.ToHexString(RelayMessages.Answer(RelayStatus.BadRequest)).ShouldBe("00020807");
    }

    [Fact]
    public void What_was_written_is_read()
    {
        RelayMessages.TryReadRequest(Body(RelayMessages.Request(Bob)), out var target).ShouldBeTrue();
        target.ShouldBe(Bob);
        RelayMessages.TryReadNotice(Body(RelayMessages.Notice(Bob)), out var asker).ShouldBeTrue();
        asker.ShouldBe(Bob);
        foreach (var status in Enum.GetValues<RelayStatus>())
            RelayMessages.ReadAnswer(Body(RelayMessages.Answer(status))).ShouldBe(status);
    }

    [Theory]
    [InlineData("")]                        // no version, no DID
    [InlineData("0801")]                    // no DID
    [InlineData("08011220")]                // cut off
    [InlineData("FFFF")]                    // not protobuf
    [InlineData("0801122104" + Zeros)]      // not a compressed point
    [InlineData("0802122102" + Zeros)]      // another version
    [InlineData("0801122202" + Zeros + "00")]
    public void What_is_no_request_is_refused(string hex)
    {
        RelayMessages.TryReadRequest(Convert.FromHexString(hex), out _).ShouldBeFalse();
        RelayMessages.TryReadNotice(Convert.FromHexString(hex), out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("08FF01")]
    [InlineData("FF")]
    [InlineData("")]
    public void An_answer_that_is_not_known_is_no_consent(string hex) =>
        RelayMessages.ReadAnswer(Convert.FromHexString(hex)).ShouldBe(RelayStatus.Unspecified);

    [Theory]
    [InlineData("0100", true)]
    [InlineData("0101", false)]
    [InlineData("FFFF", false)]
    public void A_message_has_up_to_256_bytes(string prefix, bool isRead) =>
        RelayMessages.TryReadLength(Convert.FromHexString(prefix), out _).ShouldBe(isRead);

    [Fact]
    public void Mutated_messages_are_read_or_refused()
    {
        var random = new Random(3476);
        byte[] message = Body(RelayMessages.Request(Bob));
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = [.. message];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            RelayMessages.TryReadRequest(mutated, out _);
            RelayMessages.TryReadNotice(mutated, out _);
            RelayMessages.ReadAnswer(mutated);
        }
    }

    private const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";

    private static byte[] Body(byte[] message) => message[RelayMessages.PrefixLength..];
}
