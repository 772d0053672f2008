using System.Net;
using System.Security.Cryptography;

namespace Firn.Protocol.Tests.Mdns;

/// <summary>
/// A link in virtual time: what one host sends to the group comes to all after a millisecond, to itself too, unless it is lost, and twice
/// if it is doubled. The same seed makes the same run.
/// </summary>
internal sealed class Cable(int seed = 1, double loss = 0, double doubled = 0)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(Host To, byte[] Bytes, IPEndPoint From, bool IsMulticast), (long Due, int Order)> _flying = new();
    private int _order;

    public List<Host> Hosts { get; } = [];

    /// <summary>Where it is broken: whether what one says reaches the other.</summary>
    public Func<Host, Host, bool> Reaches { get; set; } = static (_, _) => true;

    public long Now { get; private set; }

    /// <summary>Everything that was sent.</summary>
    public List<(long At, Host From, byte[] Bytes, IPEndPoint? To)> Sent { get; } = [];

    public int CountOf(Host host, long from = 0) => Sent.Count(s => s.From == host && s.At >= from);

    public Host Add(string name, AdmissionPolicy? policy = null, string? address = null, uint day = 20_000, Did? did = null, ushort port = 3476)
    {
        int number = Hosts.Count + 1;
        var host = new Host(this, name, policy ?? Policies.ByCookie, IPAddress.Parse(address ?? $"10.0.{number / 250}.{(number % 250) + 1}"), day, did ?? NewDid(), _random, port);
        Hosts.Add(host);
        host.Plug();
        return host;
    }

    /// <summary>Somebody who is no host here says this.</summary>
    public void Forge(byte[] bytes, string from = "10.0.3.99", int port = MdnsNames.Port, bool isMulticast = true)
    {
        foreach (var host in Hosts)
            Fly(host, bytes, new IPEndPoint(IPAddress.Parse(from), port), isMulticast);
    }

    public void RunFor(long milliseconds) => RunUntil(Now + milliseconds, static () => false);

    /// <summary>Runs until <paramref name="done"/>; how long it took.</summary>
    public long Run(Func<bool> done, long ceiling = 60_000)
    {
        long start = Now;
        RunUntil(Now + ceiling, done).ShouldBeTrue($"not done within {ceiling} ms");
        return Now - start;
    }

    /// <summary>All machines sleep, and what is under way arrives after it.</summary>
    public void Sleep(long milliseconds) => Now += milliseconds;

    public void Collect(Host host)
    {
        foreach (var packet in host.Rules.TakePackets())
        {
            Sent.Add((Now, host, packet.Message, packet.To));
            foreach (var to in Hosts.Where(h => packet.To is null || packet.To.Address.Equals(h.Address)).Where(h => Reaches(host, h)))
                Fly(to, packet.Message, host.Source, packet.To is null);
        }

        foreach (var sighting in host.Rules.TakeSightings())
            host.Take(sighting);
    }

    private static Did NewDid()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return LeafProfile.DidOf(key);
    }

    private bool RunUntil(long end, Func<bool> done)
    {
        while (!done())
        {
            long next = Hosts.Count == 0 ? long.MaxValue : Hosts.Min(static h => h.Rules.NextDue);
            if (_flying.TryPeek(out _, out var due))
                next = Math.Min(next, due.Due);
            if (next > end)
            {
                Now = end;
                return done();
            }

            Now = Math.Max(Now, next);
            while (_flying.TryPeek(out _, out due) && due.Due <= Now)
            {
                var (to, bytes, from, isMulticast) = _flying.Dequeue();
                if (!to.IsPlugged)
                    continue;
                to.Rules.Receive(to.Link.Id, bytes, from, isMulticast, Now);
                Collect(to);
            }

            foreach (var host in Hosts.Where(h => h.Rules.NextDue <= Now).ToList())
            {
                host.Rules.Tick(Now);
                Collect(host);
            }
        }

        return true;
    }

    private void Fly(Host to, byte[] bytes, IPEndPoint from, bool isMulticast)
    {
        for (int copies = _random.NextDouble() < doubled ? 2 : 1; copies > 0; copies--)
        {
            if (_random.NextDouble() >= loss)
                _flying.Enqueue((to, bytes, from, isMulticast), (Now + 1, ++_order));
        }
    }
}

/// <summary>A machine with one node.</summary>
internal sealed class Host
{
    private readonly Cable _cable;
    private readonly AdmissionPolicy _policy;
    private readonly ushort _port;

    public Host(Cable cable, string name, AdmissionPolicy policy, IPAddress address, uint day, Did did, Random random, ushort port)
    {
        (_cable, _policy, Address, Did, _port) = (cable, policy, address, did, port);
        Link = LinkOf(address);
        Rules = new MdnsRules(NodeName.Parse($"{name}@host"), did, JudgeOf(day), random.NextDouble);
    }

    public MdnsRules Rules { get; }

    public Did Did { get; }

    public IPAddress Address { get; }

    public MdnsLink Link { get; private set; }

    public bool IsPlugged { get; private set; }

    public string Label => Rules.InstanceLabel;

    public IPEndPoint Source => new(Address, MdnsNames.Port);

    /// <summary>Whom it has found, by the keys of sightings.</summary>
    public Dictionary<string, MdnsSighting> Found { get; } = [];

    /// <summary>Everything it was told, in order.</summary>
    public List<MdnsSighting> Told { get; } = [];

    public MdnsZone Zone => Rules.Zones.Single();

    public bool Sees(Host other) => Found.ContainsKey($"{other.Label} {other.Did}");

    public void Take(MdnsSighting sighting)
    {
        Told.Add(sighting);
        if (sighting.Addresses is null)
            Found.Remove(sighting.Key);
        else
            Found[sighting.Key] = sighting;
    }

    public void Plug(IPAddress? address = null)
    {
        Link = LinkOf(address ?? Address);
        IsPlugged = true;
        Rules.SetLinks([Link], _cable.Now);
        _cable.Collect(this);
    }

    public void Unplug()
    {
        IsPlugged = false;
        Rules.SetLinks([], _cable.Now);
        _cable.Collect(this);
    }

    /// <summary>Gone without a word, as when the power is cut.</summary>
    public void Die()
    {
        IsPlugged = false;
        _cable.Hosts.Remove(this);
    }

    public void Stop()
    {
        Rules.SayGoodbye(_cable.Now);
        _cable.Collect(this);
        Die();
    }

    public void TurnDay(uint day)
    {
        Rules.SetJudge(JudgeOf(day), _cable.Now);
        _cable.Collect(this);
    }

    private MdnsLink LinkOf(IPAddress address) => new(
        new MdnsLinkId(2, IsIPv6: false), [new MdnsAddress(address, 22)], [new MdnsService(MdnsNames.Tcp, _port)], [address]);

    private DiscoveryJudge JudgeOf(uint day) => new(_policy, Did, "default", day, static _ => false);
}
