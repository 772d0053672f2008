using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;
using Firn.Transports;

namespace Firn.Discovery;

/// <summary>Where a DNS name leads, and for how long that holds.</summary>
internal sealed record DnsAnswer(IReadOnlyList<IPEndPoint> EndPoints, TimeSpan TimeToLive);

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
internal sealed class DnsLookup(Func<ILookupClient> client, NameResolver system) : IDnsLookup
{
    /// <summary>Targets of SRV records that count, the most important ones first.</summary>
    private const int MaxTargets = 256;

    private static readonly TimeSpan SystemsTime = TimeSpan.FromSeconds(30);

    private readonly Lazy<ILookupClient> _client = new(client);

    /// <summary>At the name servers that the system is set to.</summary>
    public static DnsLookup OfSystem { get; } = new(static () => new LookupClient(), SystemNames.ResolveAsync);

    public async Task<DnsAnswer?> FindAsync(DnsPlace place, CancellationToken cancellationToken)
    {
        try
        {
            if (place.Port is null && await FindServicesAsync(place.Service, cancellationToken).ConfigureAwait(false) is { EndPoints.Count: > 0 } services)
                return services;
            if (!place.IsHost)
                return new DnsAnswer([], SystemsTime);

            int port = place.Port ?? NodeAddress.DefaultPort;
            var hosts = await FindHostAsync(place.Name, port, cancellationToken).ConfigureAwait(false);
            return hosts.EndPoints.Count > 0 ? hosts : await AskSystemAsync(place.Name, port, cancellationToken).ConfigureAwait(false);
        }
        catch (DnsResponseException)
        {
            // No server, or one in trouble. The system may know other ways, such as a hosts file.
            var answer = place.IsHost
                ? await AskSystemAsync(place.Name, place.Port ?? NodeAddress.DefaultPort, cancellationToken).ConfigureAwait(false)
                : null;
            return answer is { EndPoints.Count: > 0 } ? answer : null;
        }
    }

    private async Task<DnsAnswer> FindServicesAsync(string name, CancellationToken cancellationToken)
    {
        var response = Check(await _client.Value.QueryAsync(name, QueryType.SRV, cancellationToken: cancellationToken).ConfigureAwait(false));
        var services = response.Answers.SrvRecords().OrderBy(static s => s.Priority).ThenByDescending(static s => s.Weight).Take(MaxTargets).ToList();
        var endPoints = new List<IPEndPoint>();
        var time = TimeSpan.MaxValue;
        foreach (var service in services.Where(static s => s.Port != 0))
        {
            // Most servers tell the addresses along with it.
            var along = response.Additionals.Concat(response.Answers).OfType<AddressRecord>().Where(a => a.DomainName.Equals(service.Target)).ToList();
            var host = along.Count > 0
                ? Answer(along, service.Port)
                : await FindHostAsync(service.Target.Value.TrimEnd('.'), service.Port, cancellationToken).ConfigureAwait(false);
            endPoints.AddRange(host.EndPoints);
            time = Min(time, Min(host.TimeToLive, TimeSpan.FromSeconds(service.InitialTimeToLive)));
        }

        return new DnsAnswer(endPoints, time);
    }

    private async Task<DnsAnswer> FindHostAsync(string name, int port, CancellationToken cancellationToken)
    {
        var both = await Task.WhenAll(
            _client.Value.QueryAsync(name, QueryType.AAAA, cancellationToken: cancellationToken),
            _client.Value.QueryAsync(name, QueryType.A, cancellationToken: cancellationToken)).ConfigureAwait(false);
        return Answer([.. both.SelectMany(static response => Check(response).Answers.OfType<AddressRecord>())], port);
    }

    private async Task<DnsAnswer> AskSystemAsync(string name, int port, CancellationToken cancellationToken)
    {
        var both = await Task.WhenAll(
            system(name, AddressFamily.InterNetworkV6, cancellationToken),
            system(name, AddressFamily.InterNetwork, cancellationToken)).ConfigureAwait(false);
        return new DnsAnswer([.. both.SelectMany(static found => found).Select(address => new IPEndPoint(address, port))], SystemsTime);
    }

    /// <summary>That a name does not exist is an answer; that the server failed is none.</summary>
    private static IDnsQueryResponse Check(IDnsQueryResponse response) =>
        response.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain
            ? response
            : throw new DnsResponseException((DnsResponseCode)response.Header.ResponseCode);

    private static DnsAnswer Answer(List<AddressRecord> records, int port) => new(
        [.. records.Select(record => new IPEndPoint(record.Address, port))],
        records.Count == 0 ? SystemsTime : TimeSpan.FromSeconds(records.Min(static record => record.InitialTimeToLive)));

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
