using System.Net.NetworkInformation;
using Firn.Protocol;
using Firn.Runtime;
using Microsoft.Extensions.Logging;

namespace Firn.Discovery;

/// <summary>Looks every few seconds what has changed around discovery: links of the machine, cookies and trust, the day.</summary>
internal sealed partial class MdnsLook : IDisposable
{
    public const long PauseMilliseconds = 5_000;

    private const long RejudgeMilliseconds = 60_000;

    /// <summary>Not all nodes of a link change their tags in the same second; the days beside one's own count, too.</summary>
    private static readonly TimeSpan MaxDayDelay = TimeSpan.FromMinutes(10);

    private readonly NodeSelf _self;
    private readonly Func<AdmissionPolicy> _admission;
    private readonly Func<Did, bool> _isKnown;
    private readonly NodeClock _clock;
    private readonly ILogger _logger;
    private readonly TimeSpan _dayDelay = MaxDayDelay * Random.Shared.NextDouble();
    private AdmissionPolicy _policy;
    private uint _day;
    private long _rejudgeAt;

    public MdnsLook(NodeSelf self, Func<AdmissionPolicy> admission, Func<Did, bool> isKnown, NodeClock clock, ILogger logger)
    {
        (_self, _admission, _isKnown, _clock, _logger) = (self, admission, isKnown, clock, logger);
        (_policy, _day) = (admission(), Today());
        _rejudgeAt = clock.Now + RejudgeMilliseconds;
        Judge = MakeJudge();
    }

    public DiscoveryJudge Judge { get; private set; }

    /// <summary>When to look again.</summary>
    public long NextDue { get; private set; }

    public void Look(MdnsRules rules, MdnsSockets sockets)
    {
        long now = _clock.Now;
        NextDue = now + PauseMilliseconds;
        try
        {
            rules.SetLinks(sockets.Open(LocalLinks.Find(_self.Listening)), now);
        }
        catch (NetworkInformationException e)
        {
            LogNoLinks(_logger, e.Message);
        }

        if (!ReferenceEquals(_policy, _admission()) || _day != Today())
        {
            (_policy, _day) = (_admission(), Today());
            var before = Judge;
            rules.SetJudge(Judge = MakeJudge(), now);
            before.Dispose();
        }
        else if (_rejudgeAt <= now)
        {
            _rejudgeAt = now + RejudgeMilliseconds;
            rules.Rejudge(now);
        }
    }

    public void Dispose() => Judge.Dispose();

    private uint Today() => ClusterTag.DayOf(_clock.Wall - _dayDelay);

    private DiscoveryJudge MakeJudge() => new(_policy, _self.Did, _self.Cluster, _day, _isKnown);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The links of this machine cannot be read, discovery goes on with those it knows: {Why}")]
    private static partial void LogNoLinks(ILogger logger, string why);
}
