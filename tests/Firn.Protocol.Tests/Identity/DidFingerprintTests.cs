using System.Text.RegularExpressions;

namespace Firn.Protocol.Tests;

public class DidFingerprintTests
{
    // Computed apart from this code, by the sentence in docs/protocol.md.
    [Theory]
    [InlineData("did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169", "47507 17350 31457 10829 52806 10287")]
    [InlineData("did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv", "25429 39457 72841 10890 86810 70245")]
    public void It_is_the_same_everywhere(string did, string fingerprint)
    {
        DidFingerprint.Of(Did.Parse(did)).ShouldBe(fingerprint);
        Regex.IsMatch(fingerprint, "^[0-9]{5}( [0-9]{5}){5}$").ShouldBeTrue();
    }
}
