namespace Firn.Testing;

/// <summary>The <c>ip</c> command of iproute2.</summary>
internal static class Ip
{
    /// <exception cref="InvalidOperationException">It failed; the message is its own.</exception>
    public static async Task RunAsync(params IEnumerable<string> arguments)
    {
        CommandResult result = await ChildProcess.RunAsync("ip", arguments);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"`ip {string.Join(' ', arguments)}` failed: {result.Errors}");
        }
    }
}
