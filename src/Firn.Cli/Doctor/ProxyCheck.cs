using Firn.Transports;

namespace Firn.Cli;

/// <summary>The proxies that dials over WebSocket go through.</summary>
internal sealed class ProxyCheck(Surroundings around) : ICheck
{
    private const string Name = "proxy";

    private static readonly Uri Somewhere = new("wss://firn.example"), SomewherePlain = new("ws://firn.example");

    public Task<IReadOnlyList<Finding>> LookAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<Finding>>([Judge(around.Variable)]);

    /// <summary>By the variables alone; no credentials are told.</summary>
    public static Finding Judge(Func<string, string?> variables)
    {
        try
        {
            var proxies = new ProxyVariables(variables);
            var (secure, plain) = (proxies.GetProxy(Somewhere), proxies.GetProxy(SomewherePlain));
            string but = (variables("no_proxy") ?? variables("NO_PROXY")) is { Length: > 0 } direct ? $"; not to {Printable.Line(direct)}" : "";
            return Finding.Ok(Name, (secure, plain) switch
            {
                (null, null) => "none is set: wss:// and ws:// are dialled directly",
                _ when secure == plain => $"wss:// and ws:// go through {Show(secure!)}{but}",
                _ => $"wss:// {Way(secure)}, ws:// {Way(plain)}{but}",
            });
        }
        catch (FirnException e)
        {
            return Finding.Problem(Name, e.Message.TrimEnd('.'), "correct or unset it: nothing is dialled over WebSocket until then");
        }
    }

    private static string Way(Uri? proxy) => proxy is null ? "directly" : $"through {Show(proxy)}";

    private static string Show(Uri proxy) => proxy.GetComponents(UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped);
}
