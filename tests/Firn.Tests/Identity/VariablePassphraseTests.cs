using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Firn.Unlocking;

namespace Firn.Tests.Identity;

/// <summary>Alone, since the environment is the whole process's, and libc does not guard it.</summary>
[Collection(nameof(VariablePassphraseTests))]
[CollectionDefinition(nameof(VariablePassphraseTests), DisableParallelization = true)]
public class VariablePassphraseTests
{
    [Fact]
    public void The_variable_is_taken_from_the_environment_before_a_child_inherits_it()
    {
        SetVariable("FIRN_PASSPHRASE\0"u8.ToArray(), "of the variable \u00e9\0"u8.ToArray(), overwrite: 1).ShouldBe(0);
        try
        {
            Environment.SetEnvironmentVariable("FIRN_PASSPHRASE", "as .NET saw it before");
            var source = new VariablePassphrase();

            source.WhyNot.ShouldBeNull();
            Read(source).ShouldBe("of the variable \u00e9");
            Read(source).ShouldBe("of the variable \u00e9");   // a second node of the process
            using var child = Process.Start(new ProcessStartInfo("env") { RedirectStandardOutput = true })!;
            child.StandardOutput.ReadToEnd().ShouldNotContain("FIRN_PASSPHRASE=");
            GetVariable("FIRN_PASSPHRASE\0"u8.ToArray()).ShouldBe(0);   // nor does one that is started by native code
        }
        finally
        {
            VariablePassphrase.Forget();
        }

        new VariablePassphrase().WhyNot.ShouldBe("not set");
    }

    private static string Read(VariablePassphrase source)
    {
        Span<byte> room = stackalloc byte[PassphraseSource.MaxBytes];
        int length = source.Read(new PassphraseRequest(NodeName.Parse("alpha@host"), "/identity.age", 1), room);
        return Encoding.UTF8.GetString(room[..length]);
    }

    [DllImport("libc", EntryPoint = "getenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint GetVariable(byte[] name);

    [DllImport("libc", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetVariable(byte[] name, byte[] value, int overwrite);
}
