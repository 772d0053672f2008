namespace Firn.Protocol.Tests;

/// <summary>Random and damaged inputs: a parser succeeds with something that reads back, or refuses with a reason.</summary>
public class ParserFuzzTests
{
    private static readonly string[] GoodNames =
        ["alpha@host", "a@b.lan", "A-1_b@192.0.2.1", "n@[2001:db8::1]", "n@[::ffff:192.0.2.1]", new string('n', 64) + "@" + new string('h', 63)];

    private static readonly string[] GoodAddresses =
        ["host", "tcp://host:3476", "quic://b@h.lan", "wss://b@[2001:db8::1]:443", "192.0.2.1:80", "[::1]:0", "[fe80::1%2]:1", "ws://10.0.0.1:65535"];

    private static readonly string[] GoodDids =
        ["did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", "did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"];

    [Fact]
    public void Names_read_or_are_refused() => Fuzz.Run(mutator =>
    {
        string text = Input(mutator, GoodNames);
        if (NodeName.TryParse(text, out var name, out var error))
            NodeName.Parse(name.ToString()).ShouldBe(name);
        else
            ShouldPointInto(text, error);
        NodeName.Parse("alpha@host").Matches(text);
    });

    [Fact]
    public void Addresses_read_or_are_refused() => Fuzz.Run(mutator =>
    {
        string text = Input(mutator, GoodAddresses);
        if (NodeAddress.TryParse(text, out var address, out var error))
            NodeAddress.Parse(address.ToString()).ShouldBe(address);
        else
            ShouldPointInto(text, error);
    });

    [Fact]
    public void DIDs_read_or_are_refused() => Fuzz.Run(mutator =>
    {
        string text = Input(mutator, GoodDids);
        if (Did.TryParse(text, out var did))
            did.ToString().ShouldBe(text);
    });

    [Fact]
    public void Points_read_or_are_refused() => Fuzz.Run(Fuzz.CostlyCases, mutator =>
    {
        byte[] bytes = mutator.Mutate([.. Did.Parse(mutator.Pick(GoodDids)).Point]);
        if (Did.TryFromPoint(bytes, out var did))
            did.Point.ToArray().ShouldBe(bytes);
    });

    [Fact]
    public void Cookies_read_or_are_refused_without_a_word_of_them()
    {
        string strong = Cookie.Generate(new byte[CookieKey.Length]);
        Fuzz.Run(mutator =>
        {
            string text = Input(mutator, [strong, strong + "\n", "correct horse", "caf\u00e9\r\n", "cafe\u0301"]);
            try
            {
                using var cookie = Cookie.Parse(text);
                cookie.IsPassphrase.ShouldBe(!text.StartsWith("firn_", StringComparison.Ordinal));
                if (cookie.IsPassphrase)
                    return;   // stretched once per start, never on a peer's input
                using var key = cookie.ToKey("default");
                Cookie.Generate(key.Bytes).ShouldBe(text.TrimEnd('\r', '\n'));
            }
            catch (FirnException refused)
            {
                refused.Reason.ShouldBe(FailureReason.InvalidInput);
                if (text.Length > 20)
                    refused.Message.ShouldNotContain(text[5..15]);
            }
        });
    }

    [Fact]
    public void Names_of_clusters_are_valid_or_refused() => Fuzz.Run(mutator =>
    {
        string text = Input(mutator, ["default", "a.b_c-1", new string('c', ClusterName.MaxLength)]);
        if (ClusterName.IsValid(text))
            ClusterName.Check(text).ShouldBe(text);
        else
            Should.Throw<FirnException>(() => ClusterName.Check(text)).Reason.ShouldBe(FailureReason.InvalidInput);
    });

    private static string Input(Mutator mutator, string[] good) =>
        mutator.Chance(8) ? mutator.Text(100) : mutator.Mutate(mutator.Pick(good));

    private static void ShouldPointInto(string text, string error)
    {
        const string Place = ": at character ";
        error.ShouldContain(Place);
        string place = error[(error.LastIndexOf(Place, StringComparison.Ordinal) + Place.Length)..].Split(':')[0];
        int.Parse(place, System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(1, text.Length + 1);
        error.Any(char.IsControl).ShouldBeFalse();
        error.Length.ShouldBeLessThan(250);
    }
}
