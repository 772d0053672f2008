using System.Security.Cryptography;
using Firn.Identity;

namespace Firn.Tests.Identity;

public sealed class NodeHomeTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly TemporaryDirectory _temporary = new();
    private readonly FirnHome _home;

    public NodeHomeTests() => _home = FirnHome.Open(_temporary.In("home"));

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_node_is_the_same_one_after_a_restart_in_a_later_incarnation()
    {
        var (did, incarnation) = Live("alpha", Now);
        var (didAgain, next) = Live("alpha", Now);
        var (_, afterClockWentBack) = Live("alpha", Now - TimeSpan.FromDays(1));

        didAgain.ShouldBe(did);
        incarnation.Value.ShouldBe((ulong)Now.ToUnixTimeMilliseconds());
        next.Value.ShouldBe(incarnation.Value + 1);
        afterClockWentBack.Value.ShouldBe(next.Value + 1);
    }

    [Fact]
    public void Two_names_are_two_nodes() => Live("alpha", Now).Did.ShouldNotBe(Live("beta", Now).Did);

    [Fact]
    public void A_name_that_runs_already_is_refused_with_its_process()
    {
        using var first = Acquire("alpha");

        var error = Should.Throw<FirnException>(() => Acquire("alpha"));

        error.Reason.ShouldBe(FailureReason.NameTaken);
        error.Message.ShouldContain($"process {Environment.ProcessId}");
        error.Message.ShouldContain(first.Name.ToString());
    }

    [Fact]
    public void A_name_is_free_again_when_its_node_has_gone()
    {
        Acquire("alpha").Dispose();
        Acquire("alpha").Dispose();
    }

    [Fact]
    public void A_name_can_be_taken_although_somebody_lists_the_running_nodes_at_that_instant()
    {
        Live("alpha", Now);
        var directory = NodeDirectory.Of(_home, DefaultNames.Complete("alpha"));
        using var looking = new ManualResetEventSlim();
        using var looked = new ManualResetEventSlim();
        var lister = new Thread(() => NodeLock.IsHeld(directory, whenFree: () =>
        {
            looking.Set();
            looked.Wait();
        }));
        lister.Start();
        looking.Wait();

        using var taken = NodeLock.TryTake(directory, pause: () =>
        {
            looked.Set();
            lister.Join();
        });

        taken.ShouldNotBeNull();
    }

    [Fact]
    public void Nodes_without_a_name_number_themselves()
    {
        using var first = Acquire(null);
        using var second = Acquire(null);
        var third = Acquire(null);

        first.Name.Name.ShouldBe(DefaultNames.User());
        second.Name.Name.ShouldBe(DefaultNames.User() + "-2");
        third.Name.Name.ShouldBe(DefaultNames.User() + "-3");
        second.Name.Host.ShouldBe(first.Name.Host);
        third.Dispose();
        using var again = Acquire(null);
        again.Did.ShouldBe(third.Did);
    }

    [Fact]
    public void Nodes_that_start_at_once_without_a_name_all_get_one()
    {
        using var start = new Barrier(6);
        var nodes = new NodeHome[start.ParticipantCount];
        var threads = Enumerable.Range(0, nodes.Length).Select(i => new Thread(() =>
        {
            start.SignalAndWait();
            nodes[i] = Acquire(null);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        nodes.Select(node => node.Name).Distinct().Count().ShouldBe(nodes.Length);
        nodes.Select(node => node.Did).Distinct().Count().ShouldBe(nodes.Length);
        Array.ForEach(nodes, node => node.Dispose());
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        Live("alpha", Now);
        File.SetUnixFileMode(FileOf("alpha", "identity.pem"), (UnixFileMode)Convert.ToInt32("644", 8));

        Refusal("alpha").ShouldContain("chmod 600");
    }

    [Fact]
    public void A_lost_key_is_noticed()
    {
        var (did, _) = Live("alpha", Now);
        File.Delete(FileOf("alpha", "identity.pem"));

        Refusal("alpha").ShouldContain(did.ToString());
    }

    [Fact]
    public void An_exchanged_key_is_noticed()
    {
        var (alpha, _) = Live("alpha", Now);
        var (beta, _) = Live("beta", Now);
        File.Copy(FileOf("beta", "identity.pem"), FileOf("alpha", "identity.pem"), overwrite: true);

        var message = Refusal("alpha");
        message.ShouldContain(alpha.ToString());
        message.ShouldContain(beta.ToString());
    }

    [Fact]
    public void A_key_of_another_kind_is_refused()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        string[] wrong =
        [
            p384.ExportPkcs8PrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem(), p256.ExportSubjectPublicKeyInfoPem(), "garbage", "",
        ];
        Live("alpha", Now);

        foreach (var pem in wrong)
        {
            PrivateFiles.Replace(FileOf("alpha", "identity.pem"), System.Text.Encoding.ASCII.GetBytes(pem));
            Refusal("alpha").ShouldContain("P-256");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("18446744073709551615")]
    [InlineData("one")]
    public void A_damaged_incarnation_is_refused(string text)
    {
        Live("alpha", Now);
        File.WriteAllText(FileOf("alpha", "incarnation"), text);

        Refusal("alpha").ShouldContain("incarnation");
    }

    [Fact]
    public void A_node_without_a_home_has_an_identity_of_its_own_each_time()
    {
        using var first = NodeHome.Ephemeral("alpha", Now);
        using var second = NodeHome.Ephemeral(null, Now);

        first.Did.ShouldNotBe(second.Did);
        first.Directory.ShouldBeNull();
        first.Incarnation.Value.ShouldBe((ulong)Now.ToUnixTimeMilliseconds());
        second.Name.Name.ShouldBe(DefaultNames.User());
    }

    [Fact]
    public void Every_node_name_has_a_directory_name_of_its_own()
    {
        var longHost = string.Join('.', Enumerable.Repeat(new string('h', 63), 3));
        string[] names =
        [
            "a@host", "a@[::1]", "a@[fe80::1]", "a@10.0.0.1", $"a@{longHost}.a", $"a@{longHost}.b", $"{new string('a', 64)}@{longHost}",
        ];

        var files = names.Select(name => NodeDirectory.FileName(NodeName.Parse(name))).ToList();

        files.Distinct().Count().ShouldBe(names.Length);
        files.ShouldAllBe(file => file.Length <= 200 && !file.Any(c => "/:[]".Contains(c)));
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("al ice.x", "al-ice-x")]
    [InlineData("жан", "node")]
    [InlineData("", "node")]
    public void User_names_become_legal(string user, string expected) => DefaultNames.ToName(user).ShouldBe(expected);

    [Theory]
    [InlineData("Laptop.lan", "laptop.lan")]
    [InlineData("my machine", "my-machine")]
    [InlineData("482910573625", "host-482910573625")]
    [InlineData("a..b", "localhost")]
    [InlineData("", "localhost")]
    public void Machine_names_become_legal(string machine, string expected) => DefaultNames.ToHost(machine).ShouldBe(expected);

    [Fact]
    public void A_very_long_user_name_leaves_room_for_a_number() =>
        DefaultNames.Nth(100, DefaultNames.ToName(new string('u', 500)), "host").Name.Length.ShouldBe(64);

    private (Did Did, Incarnation Incarnation) Live(string name, DateTimeOffset now)
    {
        using var node = NodeHome.Acquire(_home, name, now);
        return (node.Did, node.Incarnation);
    }

    private NodeHome Acquire(string? name) => NodeHome.Acquire(_home, name, Now);

    private string FileOf(string name, string file) => Path.Combine(NodeDirectory.Of(_home, DefaultNames.Complete(name)), file);

    private string Refusal(string name)
    {
        var error = Should.Throw<FirnException>(() => Acquire(name));
        error.Reason.ShouldBe(FailureReason.HomeUnusable);
        return error.Message;
    }
}
