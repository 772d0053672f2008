using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class AgeFileTests
{
    private const int Cheap = 2;
    private const int Chunk = 64 * 1024;

    private static readonly byte[] Random = [.. Enumerable.Range(0, AgeFile.RandomLength).Select(i => (byte)(i * 37))];

    [Fact]
    public void What_was_encrypted_comes_back_with_its_passphrase_and_with_no_other() =>
        Prop.ForAll<byte[], NonEmptyString, byte[]>((content, text, seed) =>
        {
            byte[] passphrase = Encoding.UTF8.GetBytes(text.Get), random = [.. seed, .. Random];
            byte[] file = AgeFile.Encrypt(content, passphrase, Cheap, random.AsSpan(0, AgeFile.RandomLength));

            var parsed = AgeFile.Parse(file);
            parsed.Decrypt(passphrase).ShouldBe(content);
            Fault(() => parsed.Decrypt([.. passphrase, 1])).ShouldBe(AgeFault.WrongPassphrase);
            Fault(() => parsed.Decrypt(passphrase.AsSpan(1))).ShouldBe(AgeFault.WrongPassphrase);
        }).Check();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk - 1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData(2 * Chunk)]
    [InlineData((2 * Chunk) + 1)]
    public void Any_length_round_a_chunk_comes_back_whole(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);

        Open(Encrypt(content)).ShouldBe(content);
    }

    [Fact]
    public void Whichever_byte_is_altered_the_file_is_refused()
    {
        byte[] file = Encrypt([.. "the content"u8]);
        for (int i = 0; i < file.Length; i++)
        {
            for (int bit = 1; bit < 256; bit <<= 1)
            {
                byte[] altered = [.. file];
                altered[i] ^= (byte)bit;
                Should.Throw<AgeException>(() => Open(altered), $"byte {i}, bit {bit}");
            }
        }
    }

    [Fact]
    public void Wherever_it_is_cut_and_whatever_is_behind_it_the_file_is_refused()
    {
        byte[] file = Encrypt(new byte[100]);
        for (int length = 0; length < file.Length; length++)
            Should.Throw<AgeException>(() => Open(file[..length]), $"{length} bytes");
        Should.Throw<AgeException>(() => Open([.. file, 0]));
        Should.Throw<AgeException>(() => Open([.. file, .. file]));
    }

    [Fact]
    public void Chunks_cannot_be_moved_or_left_out_or_repeated()
    {
        byte[] file = Encrypt(new byte[3 * Chunk]);
        const int Sealed = Chunk + 16;
        byte[] start = file[..^(3 * Sealed)], one = file[^(3 * Sealed)..^(2 * Sealed)], two = file[^(2 * Sealed)..^Sealed], last = file[^Sealed..];

        Open([.. start, .. one, .. two, .. last]).Length.ShouldBe(3 * Chunk);
        byte[][] wrong =
        [
            [.. start, .. two, .. one, .. last],
            [.. start, .. one, .. last],
            [.. start, .. one, .. two],
            [.. start, .. last],
            [.. start, .. one, .. one, .. two, .. last],
            [.. start, .. one, .. two, .. last, .. last],
        ];
        foreach (byte[] altered in wrong)
            Fault(() => Open(altered)).ShouldBe(AgeFault.Payload);
    }

    [Theory]
    [InlineData("21", "expected at most 20")]
    [InlineData("64", "expected at most 20")]
    [InlineData("4294967298", "expected at most 20")]
    [InlineData("99999999999999999999999", "huge")]
    [InlineData("02", "decimal")]
    [InlineData("0", "decimal")]
    [InlineData("+2", "decimal")]
    [InlineData("2x", "decimal")]
    public void A_file_cannot_ask_for_more_than_a_gigabyte_whoever_made_it(string workFactor, string why)
    {
        var stanza = AgeHeader.Parse(Encrypt([])).Stanzas[0];
        byte[] header = AgeHeader.Write(stanza with { Arguments = ["scrypt", stanza.Arguments[1], workFactor] }, new byte[16]);

        var refusal = Should.Throw<AgeException>(() => AgeFile.Parse(header));   // before any passphrase is asked for

        refusal.Fault.ShouldBe(AgeFault.Header);
        refusal.Message.ShouldContain(why);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n", "does not begin as an age file does")]
    [InlineData(" \r\n-----BEGIN AGE ENCRYPTED FILE-----\n", "armor")]
    [InlineData("age-encryption.org/v2\n", "\"age-encryption.org/v2\": expected age-encryption.org/v1")]
    [InlineData("age-encryption.org/v1", "is cut off")]
    [InlineData("age-encryption.org/v1\n", "is cut off")]
    [InlineData("age-encryption.org/v1\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "names no recipient")]
    [InlineData("age-encryption.org/v1\n--- AAAA\n", "43 characters")]
    [InlineData("age-encryption.org/v1\n->scrypt\n\n", "\"->scrypt\" is no recipient")]
    [InlineData("age-encryption.org/v1\n-> scr\u001bypt\n\n", "\"-> scr?ypt\" is no recipient")]
    [InlineData("age-encryption.org/v1\n-> scrypt\nAA==\n", "\"AA==\" is no part of a wrapped key")]
    [InlineData("age-encryption.org/v1\n-> scrypt\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "at most 64 characters")]
    [InlineData("age-encryption.org/v1\nhello\n", "\"hello\" is neither")]
    public void A_malformed_header_is_refused_with_what_was_found(string file, string why)
    {
        var refusal = Should.Throw<AgeException>(() => Open(Encoding.Latin1.GetBytes(file)));

        refusal.Fault.ShouldBe(AgeFault.Header);
        refusal.Message.ShouldContain(why);
    }

    [Fact]
    public void An_endless_line_is_refused_and_not_shown() =>
        Should.Throw<AgeException>(() => Open([.. "age-encryption.org/v1\n-> "u8, .. Enumerable.Repeat((byte)'x', 100_000)]))
            .Message.ShouldContain("more than 8192");

    [Fact]
    public void Whatever_a_file_says_the_parser_answers_with_its_own_refusal_and_with_little_memory()
    {
        byte[][] seeds = [.. AgeVector.Names.Select(name => AgeVector.Read(name).File).Where(file => file.Length < 10_000)];
        Fuzz.Run(mutator =>
        {
            byte[] file = mutator.Mutate(mutator.Pick(seeds));
            try
            {
                AgeFile.Parse(file);
            }
            catch (AgeException)
            {
                // What it is for.
            }
        });
    }

    private static byte[] Encrypt(byte[] content) => AgeFile.Encrypt(content, "passphrase"u8, Cheap, Random);

    private static byte[] Open(byte[] file) => AgeFile.Parse(file).Decrypt("passphrase"u8);

    private static AgeFault Fault(Action action) => Should.Throw<AgeException>(action).Fault;
}
