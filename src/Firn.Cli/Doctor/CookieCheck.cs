using Firn.Identity;

namespace Firn.Cli;

/// <summary>What is to be known of the cookies of a home.</summary>
/// <param name="Path">Where they lie.</param>
/// <param name="Cookies">How many there are; null when there is no file.</param>
/// <param name="IsPassphrase">Whether the one that proves is a passphrase.</param>
/// <param name="Fault">Why they cannot be read, with what to do; null when they can.</param>
internal sealed record CookieFacts(string Path, int? Cookies, bool IsPassphrase, string? Fault = null);

/// <summary>The cookie: there, private, strong.</summary>
internal sealed class CookieCheck(Surroundings around) : ICheck
{
    private const string Name = "cookie";

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>(
        around.TryOpenHome() is { } home ? [Judge(Gather(home.CookiePath))] : []);

    public static Finding Judge(CookieFacts cookie) => cookie switch
    {
        { Fault: { } fault } => Finding.Problem(Name, fault, $"see to {cookie.Path}; 'firn cookie import' replaces a damaged one"),
        { Cookies: null } => Finding.Ok(Name, "none yet: the first 'firn up' makes one, 'firn cookie import' takes another machine's"),
        { IsPassphrase: true } => Finding.Warning(
            Name, "a passphrase, which can be guessed at by whoever records a handshake", "firn cookie rotate makes a strong one; then bring it to the others"),
        { Cookies: > 1 and var count } => Finding.Ok(
            Name, $"strong; {count - 1} more still {(count == 2 ? "verifies" : "verify")} until 'firn cookie retire'"),
        _ => Finding.Ok(Name, "strong, this user's alone"),
    };

    private static CookieFacts Gather(string path)
    {
        if (!File.Exists(path))
            return new CookieFacts(path, null, false);

        try
        {
            var cookies = CookieStore.Read(path);
            var facts = new CookieFacts(path, cookies.Count, cookies[0].IsPassphrase);
            CookieStore.Dispose(cookies);
            return facts;
        }
        catch (FirnException e)
        {
            return new CookieFacts(path, null, false, e.Message.TrimEnd('.'));
        }
    }
}
