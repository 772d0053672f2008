using System.Security.Cryptography;

namespace Firn.Protocol.Tests;

/// <summary>The published vectors of age: success and the kind of failure, and that what they hold is written back the same.</summary>
public class AgeVectorTests
{
    public static TheoryData<string> Files => [.. AgeVector.Names];

    [Fact]
    public void There_are_vectors() => AgeVector.Names.Count().ShouldBe(82);

    [Theory]
    [MemberData(nameof(Files))]
    public void It_ends_as_the_vector_says(string name)
    {
        var vector = AgeVector.Read(name);
        AgeFault[] faults = vector.Expected switch
        {
            "success" when name == "armor_scrypt" => [AgeFault.Header],   // the binary form is asked for
            "success" => [],
            "header failure" => [AgeFault.Header],
            "no match" => [AgeFault.NoPassphrase, AgeFault.WrongPassphrase],
            "HMAC failure" => [AgeFault.HeaderMac],
            "payload failure" => [AgeFault.Payload],
            _ => throw new InvalidOperationException(vector.Expected),
        };

        if (faults.Length == 0)
            Convert.ToHexStringLower(SHA256.HashData(Open(vector))).ShouldBe(vector.PlaintextHash);
        else
            faults.ShouldContain(Should.Throw<AgeException>(() => Open(vector)).Fault);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_opens_is_written_back_to_the_same_bytes(string name)
    {
        var vector = AgeVector.Read(name);
        if (vector.Expected != "success" || name == "armor_scrypt")
            return;

        var header = AgeHeader.Parse(vector.File);
        byte[] payload = vector.File[header.Length..];
        AgePayload.Seal(Open(vector), vector.FileKey, payload.AsSpan(0, AgePayload.NonceLength)).AsSpan().SequenceEqual(payload).ShouldBeTrue();
        if (header.Stanzas is [var stanza])
            AgeHeader.Write(stanza, vector.FileKey).ShouldBe(vector.File[..header.Length]);
    }

    [Fact]
    public void Armor_is_told_apart_with_a_hint() =>
        Should.Throw<AgeException>(() => Open(AgeVector.Read("armor_scrypt"))).Message.ShouldContain("binary form");

    [Fact]
    public void A_file_for_keys_says_that_it_has_no_passphrase() =>
        Should.Throw<AgeException>(() => AgeFile.Parse(AgeVector.Read("x25519").File)).Fault.ShouldBe(AgeFault.NoPassphrase);

    /// <summary>With the passphrase, or for vectors of other recipients with the file key that they would give.</summary>
    private static byte[] Open(AgeVector vector)
    {
        if (vector.Passphrase is { } passphrase)
            return AgeFile.Parse(vector.File).Decrypt(passphrase);

        var header = AgeHeader.Parse(vector.File);
        header.Verify(vector.FileKey);
        return AgePayload.Open(vector.File.AsSpan(header.Length), vector.FileKey);
    }
}
