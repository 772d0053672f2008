using System.Buffers.Text;

namespace Firn.Protocol.Tests.Invites;

/// <summary>The line that is pasted: one spelling, and a mistake in copying is told from a line that is not this invite's.</summary>
public sealed class InviteLineTests
{
    private static readonly Did Inviter = Did.Parse("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169");
    private static readonly DateTimeOffset Expiry = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Code = [.. Enumerable.Range(1, InviteCode.Length).Select(i => (byte)i)];

    [Fact]
    public void It_reads_back_as_it_was_written_with_blanks_around_it_or_without()
    {
        string line = Line(InviteGifts.Cookie | InviteGifts.Trust, "tcp://192.168.1.5:3476", "tcp://[2001:db8::1]:4000", "tcp://beta.lan:1");
        line.ShouldStartWith("firn-join1:");
        line.Any(char.IsWhiteSpace).ShouldBeFalse();
        foreach (string pasted in new[] { line, $"  {line}\r\n" })
        {
            using var read = InviteLine.Parse(pasted);
            (read.Gifts, read.Inviter, read.Id, read.ExpiresAt).ShouldBe((InviteGifts.Cookie | InviteGifts.Trust, Inviter, new InviteId(7), Expiry));
            read.Code.Bytes.ToArray().ShouldBe(Code);
            read.Addresses.Select(a => a.ToString()).ShouldBe(["tcp://192.168.1.5:3476", "tcp://[2001:db8::1]:4000", "tcp://beta.lan:1"]);
            read.SeemsExpired(Expiry.AddSeconds(-1)).ShouldBeFalse();
            read.SeemsExpired(Expiry).ShouldBeTrue();
        }
    }

    [Fact]
    public void The_recorded_line_is_that_of_the_documentation()
    {
        string line = Line(InviteGifts.Cookie, "tcp://10.0.0.2:3476");
        string documented = File.ReadAllText(Path.Combine(Root(), "docs", "protocol.md"));
        string.Concat(documented.Split('\n').Select(l => l.Trim())).ShouldContain(line);
    }

    [Fact]
    public void Every_single_mistake_of_a_person_is_called_one()
    {
        string line = Line(InviteGifts.Cookie, "tcp://192.168.1.5:3476");
        for (int i = InviteLine.Prefix.Length; i < line.Length; i++)
        {
            foreach (string wrong in new[]
            {
                line[..i] + (line[i] == 'x' ? 'y' : 'x') + line[(i + 1)..],
                line.Remove(i, 1),
                line[..i],
                line.Insert(i, "A"),
                line.Insert(i, " "),
                line.Insert(i, "\n"),
            })
            {
                if (wrong != line)
                    Refusal(wrong).ShouldContain("mistyped or cut off");
            }
        }

        Refusal(line + "=").ShouldContain("mistyped");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("firn_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")]
    [InlineData("FIRN-JOIN1:AAAA")]
    public void What_is_no_invite_is_told_so(string text) => Refusal(text).ShouldContain("no invite");

    [Fact]
    public void A_later_version_is_told_so_and_too_long_a_text_is_not_read()
    {
        Refusal("firn-join2:AAAA").ShouldContain("another version");
        Refusal("firn-join1:" + new string('A', InviteLine.MaxLength)).ShouldContain("no invite");
    }

    [Fact]
    public void A_line_whose_checksum_was_made_to_fit_is_still_refused_if_it_is_no_line()
    {
        byte[] good = Base64Url.DecodeFromChars(Line(InviteGifts.Cookie, "tcp://192.168.1.5:3476").AsSpan(InviteLine.Prefix.Length))[..^4];
        Refusal(Sealed([0, .. good[1..]])).ShouldContain("altered");                            // gives nothing
        Refusal(Sealed([4, .. good[1..]])).ShouldContain("altered");                            // gives what nobody knows
        Refusal(Sealed([.. good[..1], 9, .. good[2..]])).ShouldContain("altered");              // no point
        Refusal(Sealed(good[..62])).ShouldContain("altered");                                   // no address
        Refusal(Sealed([.. good, 0])).ShouldContain("altered");                                 // an empty one
        Refusal(Sealed([.. good[..62], .. Address("beta")])).ShouldContain("mistyped");         // another spelling of one
        Refusal(Sealed([.. good[..62], .. Address("tcp://b@beta:1")])).ShouldContain("altered");
        Refusal(Sealed([.. good[..62], .. Address("tcp://0.0.0.0:1")])).ShouldContain("altered");
        Refusal(Sealed([.. good, .. good[62..], .. good[62..], .. good[62..], .. good[62..]])).ShouldContain("altered");
        InviteLine.Parse(Sealed(good)).Dispose();
    }

    [Fact]
    public void It_is_not_written_with_an_address_that_leads_nowhere()
    {
        foreach (string[] addresses in new string[][] { [], ["tcp://0.0.0.0:1"], ["tcp://[::]:1"], ["tcp://b@beta:1"], ["tcp://beta:0"], ["a", "b", "c", "d", "e"] })
            Should.Throw<FirnException>(() => Line(InviteGifts.Trust, addresses)).Reason.ShouldBe(FailureReason.InvalidInput);
    }

    [Fact]
    public void Lines_read_or_are_refused_without_a_word_of_them()
    {
        string[] good = [Line(InviteGifts.Cookie, "tcp://192.168.1.5:3476"), Line(InviteGifts.Trust, "tcp://[::1]:1", "tcp://beta.lan:2")];
        Fuzz.Run(mutator =>
        {
            string text = mutator.Chance(3)
                ? Sealed(mutator.Mutate(Base64Url.DecodeFromChars(mutator.Pick(good).AsSpan(InviteLine.Prefix.Length))[..^4]))
                : mutator.Mutate(mutator.Pick(good));
            try
            {
                using var line = InviteLine.Parse(text);
                InviteLine.Write(line.Gifts, line.Inviter, line.Id, line.Code, line.ExpiresAt, line.Addresses).ShouldBe(text.Trim());
            }
            catch (FirnException refused)
            {
                refused.Reason.ShouldBe(FailureReason.InvalidInput);
                if (text.Length > 60)
                    refused.Message.ShouldNotContain(text[40..60]);
            }
        });
    }

    internal static string Line(InviteGifts gifts, params string[] addresses)
    {
        using var code = new InviteCode(Code);
        return InviteLine.Write(gifts, Inviter, new InviteId(7), code, Expiry, [.. addresses.Select(NodeAddress.Parse)]);
    }

    private static byte[] Address(string text) => [(byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)];

    private static string Sealed(byte[] content)
    {
        byte[] hash = System.Security.Cryptography.SHA256.HashData([.. "firn/1 invite line"u8, .. content]);
        return InviteLine.Prefix + Base64Url.EncodeToString([.. content, .. hash[..4]]);
    }

    private static string Refusal(string text)
    {
        var refused = Should.Throw<FirnException>(() => InviteLine.Parse(text));
        refused.Reason.ShouldBe(FailureReason.InvalidInput);
        return refused.Message;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Firn.slnx")))
            folder = folder.Parent.ShouldNotBeNull();
        return folder.FullName;
    }
}
