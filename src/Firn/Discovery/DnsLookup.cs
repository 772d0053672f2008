using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Firn.Transports;

namespace Firn.Discovery;

/// <summary>Where a DNS name leads, the most important first, and for how long that holds.</summary>
internal sealed record DnsAnswer(IReadOnlyList<NodeAddress> Addresses, TimeSpan TimeToLive);

/// <summary>Looks up where a DNS name leads.</summary>
internal interface IDnsLookup
{
    /// <summary>All of it, empty if the name leads nowhere; null when no name server answers.</summary>
    Task<DnsAnswer?> FindAsync(DnsPlace place, CancellationToken cancellationToken);
}

/// <summary>
/// Asks name servers for SRV, A and AAAA records. A name that they do not know is asked of the system, which has a hosts file and search domains,
/// but tells no time to live.
/// </summary>
/// <param name="client">Makes the client on first use: it reads what the system is set to.</param>
/// <param name="system">How the system resolves names.</param>
/// <param name="hasQuic">Whether this machine can dial what the records of QUIC lead to; else nobody asks for them.</param>
internal sealed class DnsLookup(Func<ILookupClient> client, NameResolver system, bool hasQuic) : IDnsLookup
{
    private static readonly TimeSpan SystemsTime = TimeSpan.FromSeconds(30);

    private readonly Lazy<ILookupClient> _client = new(client);

    /// <summary>At the name servers that the system is set to.</summary>
    public static DnsLookup OfSystem { get; } = new(static () => new LookupClient(), SystemNames.ResolveAsync, QuicSupport.IsThere);

    /// <summary>Targets of the SRV records of one name that count, the most important ones first.</summary>
    public int MaxTargets { get; init; } = 256;

    /// <summary>Addresses that count in all: as many places as one source may say.</summary>
    public int MaxAddresses { get; init; } = 4096;

    public async Task<DnsAnswer?> FindAsync(DnsPlace place, CancellationToken cancellationToken)
    {
        try
        {
            if (place.Port is null && await FindServicesAsync(place, cancellationToken).ConfigureAwait(false) is { Addresses.Count: > 0 } services)
                return services;
            if (!place.IsHost)
                return new DnsAnswer([], SystemsTime);

            int port = place.Port ?? NodeAddress.DefaultPort;
            var hosts = await FindHostAsync("tcp", place.Name, port, cancellationToken).ConfigureAwait(false);
            return hosts.Addresses.Count > 0 ? hosts : await AskSystemAsync(place.Name, port, cancellationToken).ConfigureAwait(false);
        }
        catch (DnsResponseException)
        {
            // No server, or one in trouble. The system may know other ways, such as a hosts file.
            var answer = place.IsHost
                ? await AskSystemAsync(place.Name, place.Port ?? NodeAddress.DefaultPort, cancellationToken).ConfigureAwait(false)
                : null;
            return answer is { Addresses.Count: > 0 } ? answer : null;
        }
    }

    private async Task<DnsAnswer> FindServicesAsync(DnsPlace place, CancellationToken cancellationToken)
    {
        List<Task<DnsAnswer>> asked = [FindServicesAsync(place.Scheme, place.Service, cancellationToken)];
        if (hasQuic && place.QuicService is { } quic)
            asked.Add(FindServicesAsync("quic", quic, cancellationToken));
        return Together(await Task.WhenAll(asked).ConfigureAwait(false));
    }

    private async Task<DnsAnswer> FindServicesAsync(string scheme, string name, CancellationToken cancellationToken)
    {
        var response = Check(await _client.Value.QueryAsync(name, QueryType.SRV, cancellationToken: cancellationToken).ConfigureAwait(false));
        var services = response.Answers.SrvRecords().OrderBy(static s => s.Priority).ThenByDescending(static s => s.Weight).Take(MaxTargets).ToList();
        var found = new List<DnsAnswer>();
        foreach (var service in services.Where(static s => s.Port != 0))
        {
            // Most servers tell the addresses along with it.
            var along = response.Additionals.Concat(response.Answers).OfType<AddressRecord>().Where(a => a.DomainName.Equals(service.Target)).ToList();
            var host = along.Count > 0
                ? Answer(scheme, along, service.Port)
                : await FindHostAsync(scheme, service.Target.Value.TrimEnd('.'), service.Port, cancellationToken).ConfigureAwait(false);
            found.Add(host with { TimeToLive = Min(host.TimeToLive, TimeSpan.FromSeconds(service.InitialTimeToLive)) });
        }

        return Together(found);
    }

    private async Task<DnsAnswer> FindHostAsync(string scheme, string name, int port, CancellationToken cancellationToken)
    {
        var both = await Task.WhenAll(
            _client.Value.QueryAsync(name, QueryType.AAAA, cancellationToken: cancellationToken),
            _client.Value.QueryAsync(name, QueryType.A, cancellationToken: cancellationToken)).ConfigureAwait(false);
        return Answer(scheme, [.. both.SelectMany(static response => Check(response).Answers.OfType<AddressRecord>()).Take(MaxAddresses)], port);
    }

    private async Task<DnsAnswer> AskSystemAsync(string name, int port, CancellationToken cancellationToken)
    {
        var both = await Task.WhenAll(
            system(name, AddressFamily.InterNetworkV6, cancellationToken),
            system(name, AddressFamily.InterNetwork, cancellationToken)).ConfigureAwait(false);
        return new DnsAnswer([.. both.SelectMany(static found => found).Select(address => AddressOf("tcp", address, port))], SystemsTime);
    }

    /// <summary>That a name does not exist is an answer; that the server failed is none.</summary>
    private static IDnsQueryResponse Check(IDnsQueryResponse response) =>
        response.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain
            ? response
            : throw new DnsResponseException((DnsResponseCode)response.Header.ResponseCode);

    private static DnsAnswer Answer(string scheme, List<AddressRecord> records, int port) => new(
        [.. records.Select(record => AddressOf(scheme, record.Address, port))],
        records.Count == 0 ? SystemsTime : TimeSpan.FromSeconds(records.Min(static record => record.InitialTimeToLive)));

    /// <summary>All of them, for as long as each holds.</summary>
    private DnsAnswer Together(IReadOnlyList<DnsAnswer> answers) => new(
        [.. answers.SelectMany(static answer => answer.Addresses).Distinct().Take(MaxAddresses)],
        answers.Select(static answer => answer.TimeToLive).Append(TimeSpan.MaxValue).Min());

    /// <summary>Without the scope that a link-local address may have here: a name means the same on each machine.</summary>
    private static NodeAddress AddressOf(string scheme, IPAddress address, int port) => NodeAddress.Create(
        scheme, address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{new IPAddress(address.GetAddressBytes())}]" : address.ToString(), port);

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
