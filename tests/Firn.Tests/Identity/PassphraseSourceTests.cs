using Firn.Identity;
using Firn.Unlocking;

namespace Firn.Tests.Identity;

public class PassphraseSourceTests : IdentityFixture
{
    [Fact]
    public void Credential_file_and_variable_are_looked_at_in_this_order()
    {
        Write("firn-passphrase", "of systemd");
        string file = Write("passphrase", "of the file");
        string? credentials = Temporary.Path, named = file;
        IReadOnlyList<PassphraseSource> Sources() => PassphraseSource.Unattended(name => name switch
        {
            "CREDENTIALS_DIRECTORY" => credentials,
            "FIRN_PASSPHRASE_FILE" => named,
            _ => null,
        });

        First(Sources()).ShouldBe("of systemd");
        credentials = Temporary.In("elsewhere");
        First(Sources()).ShouldBe("of the file");
        credentials = null;
        First(Sources()).ShouldBe("of the file");
        named = "";
        First(Sources()).ShouldBeNull();
        Sources().Select(source => source.WhyNot).ShouldBe(["CREDENTIALS_DIRECTORY is not set", "not set", "not set"]);
    }

    [Theory]
    [InlineData("secret", "secret")]
    [InlineData("secret\n", "secret")]
    [InlineData("secret\r\n", "secret")]
    [InlineData("secret\n\n", "secret\n")]
    [InlineData(" two words \n", " two words ")]
    [InlineData("\r", "\r")]
    public void A_file_is_a_passphrase_without_its_last_newline(string text, string passphrase) =>
        Read(FilePassphrase.Named(Write("passphrase", text))).ShouldBe(passphrase);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void An_empty_file_is_no_passphrase(string text)
    {
        string path = Write("passphrase", text);

        Refusal(() => Read(FilePassphrase.Named(path))).ShouldContain($"{path} is empty");
    }

    [Fact]
    public void A_file_that_is_missing_or_large_or_open_to_others_is_refused()
    {
        Refusal(() => Read(FilePassphrase.Named(Temporary.In("none")))).ShouldContain("does not exist");
        Refusal(() => Read(FilePassphrase.Named(Write("large", new string('a', 1025))))).ShouldContain("more than the 1024 bytes");
        Read(FilePassphrase.Named(Write("largest", new string('a', 1024)))).Length.ShouldBe(1024);

        string path = Write("open", "secret");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Refusal(() => Read(FilePassphrase.Named(path))).ShouldContain("chmod 600");
    }

    [Fact]
    public void Each_attempt_is_one_question_and_three_are_all()
    {
        var did = Save("secret");
        var attempts = new List<PassphraseRequest>();
        var unlocker = new Unlocker([new CallbackPassphrase((request, room) =>
        {
            attempts.Add(request);
            "wrong"u8.CopyTo(room);
            return 5;
        })]);

        var message = Refusal(() => Files.Load(unlocker, Now), FailureReason.IdentityLocked);

        message.ShouldContain("wrong");
        attempts.ShouldBe([.. Enumerable.Range(1, 3).Select(attempt => new PassphraseRequest(Files.Node, Files.EncryptedPath, attempt))]);
        Load("wrong", "wrong", "secret").ShouldBe(did);
    }

    [Fact]
    public void What_asks_nobody_is_tried_once_and_nothing_else_in_its_place()
    {
        Save("secret");
        var unlocker = new Unlocker(
            [FilePassphrase.Named(Write("passphrase", "wrong")), FilePassphrase.Named(Write("right", "secret"))]);

        Refusal(() => Files.Load(unlocker, Now), FailureReason.IdentityLocked).ShouldContain(Temporary.In("passphrase"));
    }

    [Fact]
    public void A_callback_that_says_more_than_there_is_room_for_is_an_error()
    {
        Save("secret");
        var unlocker = new Unlocker([new CallbackPassphrase((_, room) => room.Length + 1)]);

        Should.Throw<ArgumentOutOfRangeException>(() => Files.Load(unlocker, Now));
    }

    [Fact]
    public async Task A_program_gives_its_node_the_passphrase()
    {
        var did = Save("secret");
        var options = new NodeOptions
        {
            Name = "alpha",
            Home = Home.Path,
            Discovery = false,
            Passphrase = (request, room) =>
            {
                request.Node.Name.ShouldBe("alpha");
                "secret"u8.CopyTo(room);
                return 6;
            },
        };
        options.Listen.Add("127.0.0.1:0");

        await using (var node = await Node.StartAsync(options))
            node.Self.Did.ShouldBe(did);

        options.Passphrase = (_, _) => 0;
        (await Should.ThrowAsync<FirnException>(() => Node.StartAsync(options))).Reason.ShouldBe(FailureReason.IdentityLocked);
        options.Passphrase = (_, _) => throw new TimeoutException("the vault is closed");
        await Should.ThrowAsync<TimeoutException>(() => Node.StartAsync(options));
    }

    private string Write(string name, string text)
    {
        PrivateFiles.Replace(Temporary.In(name), Bytes(text));
        return Temporary.In(name);
    }

    private string? First(IReadOnlyList<PassphraseSource> sources) =>
        sources.FirstOrDefault(source => source.WhyNot is null) is { } source ? Read(source) : null;

    private string Read(PassphraseSource source)
    {
        Span<byte> room = stackalloc byte[PassphraseSource.MaxBytes];
        int length = source.Read(new PassphraseRequest(Files.Node, Files.EncryptedPath, 1), room);
        return System.Text.Encoding.UTF8.GetString(room[..length]);
    }
}
