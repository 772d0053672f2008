using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Firn.Cli;

/// <summary>The options of <c>firn up</c>, and what they mean for the node.</summary>
internal sealed class UpOptions
{
    private readonly Option<string?> _name = new("--name")
    {
        Description = "Name of the node: NAME or NAME@HOST [default: <user>@<hostname>]",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _listen = Parsed.Options(
        "--listen",
        "Where to listen: HOST:PORT, quic://…, ws://… or wss://…; may be repeated [default: all interfaces, port 3476, or a free one if that is taken, over TCP and, where it is there, QUIC]",
        "ADDR",
        Parsed.Address);

    private readonly Option<string[]> _advertise = Parsed.Options(
        "--advertise",
        "Where others reach this node, if not where it listens, such as wss://HOST of a reverse proxy; peers and invites are told; may be repeated",
        "ADDR",
        Parsed.Address);

    private readonly Option<string?> _tlsCert = new("--tls-cert")
    {
        Description = "PEM file with the certificate for wss; nodes do not check it [default: one made at the start]",
        HelpName = "F",
    };

    private readonly Option<string?> _tlsKey = new("--tls-key")
    {
        Description = "PEM file with its key [default: in the same file]",
        HelpName = "F",
    };

    private readonly Option<string[]> _peers = Parsed.Options(
        "--peer", "A peer to connect to, and to stay connected to; may be repeated", "ADDR", Parsed.Address);

    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description = "Only nodes of the same cluster become peers [default: default]",
        HelpName = "C",
    };

    private readonly Option<string?> _cookieFile = new("--cookie-file")
    {
        Description = "File with the cookie [default: the home's, see 'firn cookie path']",
        HelpName = "F",
    };

    private readonly Option<AdmissionMode?> _admit = Parsed.Choice<AdmissionMode>(
        "--admit", "What a peer must have: the cookie, a key that 'firn trust' lists, or both [default: cookie]", "cookie|trust|both");

    private readonly Option<NodeRole?> _role = Role("--role", "Always take this role: entry, exit, relay or indeterminate");
    private readonly Option<NodeRole?> _preferRole = Role("--prefer-role", "Take this role where the peer lets it");
    private readonly Option<NodeRole?> _excludeRole = Role("--exclude-role", "Never take this role");

    private readonly Option<MeshMode?> _mesh = Parsed.Choice<MeshMode>(
        "--mesh", "full: connect to the peers of peers as well; none: only to those dialled [default: full]", "full|none");

    private readonly Option<TimeSpan> _pingInterval = Duration(
        "--ping-interval", "Ping a peer that was silent for so long [default: 15s]");

    private readonly Option<TimeSpan> _pingDeadline = Duration(
        "--ping-deadline", "Give up a peer that does not answer a ping within [default: 15s]");

    private readonly Option<bool> _noDiscovery = new("--no-discovery")
    {
        Description = "Do not look for other nodes of this user on this machine",
    };

    private readonly Option<LogLevel?> _logLevel = Logging();

    /// <summary>For programs that start a node as a child: end when standard input does, and so with the parent.</summary>
    public Option<bool> ExitWithStdin { get; } = new("--exit-with-stdin") { Hidden = true };

    public void AddTo(Command command)
    {
        Option[] options =
        [
            _name, _listen, _advertise, _tlsCert, _tlsKey, _peers, _cluster, _cookieFile, _admit, _role, _preferRole, _excludeRole, _mesh, _pingInterval, _pingDeadline,
            _noDiscovery, _logLevel, ExitWithStdin,
        ];
        foreach (var option in options)
            command.Add(option);

        command.Validators.Add(result =>
        {
            if (new Option[] { _role, _preferRole, _excludeRole }.Count(option => result.GetResult(option) is not null) > 1)
                result.AddError("--role, --prefer-role and --exclude-role exclude each other");
            if (result.GetResult(_tlsKey) is not null && result.GetResult(_tlsCert) is null)
                result.AddError("--tls-key: expected --tls-cert as well");
            if (result.GetResult(_tlsCert) is not null && result.GetValue(_listen)?.Any(IsWss) != true)
                result.AddError("--tls-cert: expected --listen wss://… as well, which it is for");
            if (result.GetResult(_cookieFile) is not null && result.GetValue(_admit) == AdmissionMode.Trust)
                result.AddError("--cookie-file: with --admit trust no cookie plays a part; --admit both asks for it as well");
        });
    }

    public LogLevel LogLevelOf(ParseResult parsed) => parsed.GetValue(_logLevel) ?? LogLevel.Warning;

    public NodeOptions ToNodeOptions(ParseResult parsed, ILoggerFactory loggers)
    {
        var options = new NodeOptions
        {
            Name = parsed.GetValue(_name),
            CookieFile = parsed.GetValue(_cookieFile),
            RoleHint = RoleHintOf(parsed),
            Discovery = !parsed.GetValue(_noDiscovery),
            LoggerFactory = loggers,
        };
        options.Admit = parsed.GetValue(_admit) ?? options.Admit;
        options.Cluster = parsed.GetValue(_cluster) ?? options.Cluster;
        options.Mesh = parsed.GetValue(_mesh) ?? options.Mesh;
        if (parsed.GetResult(_pingInterval) is not null)
            options.PingInterval = parsed.GetValue(_pingInterval);
        if (parsed.GetResult(_pingDeadline) is not null)
            options.PingDeadline = parsed.GetValue(_pingDeadline);
        // Any machine can be either end of a tunnel; joining two others is something that its operator must ask for.
        options.Capabilities.Add(NodeCapability.Entry);
        options.Capabilities.Add(NodeCapability.Exit);
        if (options.RoleHint is { Role: NodeRole.Relay, Mode: RoleHintMode.Fixed or RoleHintMode.Prefer })
            options.Capabilities.Add(NodeCapability.Relay);
        foreach (string address in parsed.GetValue(_listen)!)
            options.Listen.Add(address);
        foreach (string address in parsed.GetValue(_advertise)!)
            options.Advertise.Add(address);
        options.ServeWebSockets(parsed.GetValue(_tlsCert), parsed.GetValue(_tlsKey));
        foreach (string address in parsed.GetValue(_peers)!)
            options.Peers.Add(address);
        return options;
    }

    private RoleHint RoleHintOf(ParseResult parsed)
    {
        if (parsed.GetValue(_role) is { } role)
            return new RoleHint(RoleHintMode.Fixed, role);
        if (parsed.GetValue(_preferRole) is { } preferred)
            return new RoleHint(RoleHintMode.Prefer, preferred);
        return parsed.GetValue(_excludeRole) is { } excluded ? new RoleHint(RoleHintMode.Exclude, excluded) : default;
    }

    private static bool IsWss(string address) => address.StartsWith("wss://", StringComparison.OrdinalIgnoreCase);

    private static Option<NodeRole?> Role(string name, string description) => Parsed.Choice<NodeRole>(name, description, "R");

    private static Option<TimeSpan> Duration(string name, string description) =>
        Parsed.Option(name, description, "D", Durations.Read);

    private static Option<LogLevel?> Logging()
    {
        var option = Parsed.Option(
            "--log-level",
            "What to log on standard error: trace, debug, info, warning, error or none [default: warning]",
            "L",
            LineLoggerFactory.ReadLevel);
        option.CompletionSources.Add([.. LineLoggerFactory.Levels.Keys]);
        return option;
    }
}
