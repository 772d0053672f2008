using System.Text;
using Firn.Identity;

namespace Firn.Tests.Identity;

public sealed class ControlSocketPathTests : IDisposable
{
    private static readonly NodeName Alpha = NodeName.Parse("alpha@host");

    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void The_runtime_directory_holds_the_sockets_of_all_homes_apart()
    {
        var runtime = Directory.CreateDirectory(_temporary.In("runtime")).FullName;
        var (one, other) = (FirnHome.Open(_temporary.In("one")), FirnHome.Open(_temporary.In("other")));

        var path = Path(one, Alpha, runtime);

        System.IO.Path.GetDirectoryName(path).ShouldBe(System.IO.Path.Combine(runtime, "firn"));
        path.ShouldBe(Path(one, Alpha, runtime));
        path.ShouldNotBe(Path(other, Alpha, runtime));
        path.ShouldNotBe(Path(one, NodeName.Parse("beta@host"), runtime));
        ((int)File.GetUnixFileMode(System.IO.Path.GetDirectoryName(path)!)).ShouldBe(Convert.ToInt32("700", 8));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("relative")]
    [InlineData("/no/such/directory")]
    public void Without_a_runtime_directory_the_socket_lies_in_the_home(string? runtime)
    {
        var home = FirnHome.Open(_temporary.In("home"));
        System.IO.Path.GetDirectoryName(Path(home, Alpha, runtime)).ShouldBe(home.In("run"));
    }

    [Fact]
    public void A_path_too_long_for_a_socket_becomes_a_short_private_one()
    {
        var home = FirnHome.Open(_temporary.In(new string('x', 120)));
        var path = Path(home, Alpha, null);
        var directory = System.IO.Path.GetDirectoryName(path)!;

        Encoding.UTF8.GetByteCount(path).ShouldBeLessThanOrEqualTo(100);
        ((int)File.GetUnixFileMode(directory)).ShouldBe(Convert.ToInt32("700", 8));
        Directory.Delete(directory);
    }

    [Fact]
    public void A_link_in_place_of_the_directory_is_refused()
    {
        var home = FirnHome.Open(_temporary.In("home"));
        Directory.CreateSymbolicLink(home.In("run"), Directory.CreateDirectory(_temporary.In("elsewhere")).FullName);

        Should.Throw<FirnException>(() => Path(home, Alpha, null)).Reason.ShouldBe(FailureReason.HomeUnusable);
    }

    private static string Path(FirnHome home, NodeName name, string? runtime) =>
        ControlSocketPath.For(home, name, variable => variable == "XDG_RUNTIME_DIR" ? runtime : null);
}
