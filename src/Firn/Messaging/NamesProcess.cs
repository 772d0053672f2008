using System.Text.Json.Serialization;

namespace Firn.Messaging;

/// <summary>What a name belongs to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NameKind>))]
internal enum NameKind
{
    Process,
    Function,

    /// <summary>A process of Firn's own.</summary>
    BuiltIn,
}

/// <summary>Asks for the names of one kind from <paramref name="From"/> on, in ordinal order.</summary>
internal sealed record NamesQuery(NameKind Kind, string From);

/// <summary>The process <c>firn/names</c>, which every node runs: tells peers which names there are here.</summary>
internal static class NamesProcess
{
    public const string Name = "firn/names";

    /// <summary>Names in a reply: so many of 128 characters fit into one frame, so a reply waits for nobody's credit.</summary>
    public const int PageSize = 100;

    /// <summary>Names of a kind that are asked for, whatever a peer has.</summary>
    public const int MaxListed = 10_000;

    private static readonly JsonMessageSerializer Serializer = new(NamesJson.Default);

    public static void Start(MessageHub hub) => hub.StartBuiltIn<NamesQuery>(Name, Serializer, async self =>
    {
        await foreach (var message in self.Messages.ConfigureAwait(false))
            await message.ReplyAsync(Page(hub.NamesOf(message.Body.Kind), message.Body.From)).ConfigureAwait(false);
    });

    /// <summary>The names of a kind at <paramref name="peer"/>, the first <see cref="MaxListed"/> of them.</summary>
    /// <exception cref="FirnException">It did not answer.</exception>
    public static async Task<IReadOnlyList<string>> ListAsync(Peer peer, NameKind kind, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        string from = "";
        while (names.Count < MaxListed)
        {
            var page = await AskAsync(peer, new NamesQuery(kind, from), cancellationToken).ConfigureAwait(false);
            names.AddRange(page);
            if (page.Length < PageSize)
                break;
            from = page[^1] + '\0';
        }

        return names;
    }

    /// <summary>Whether a process of <paramref name="peer"/> has that name at this moment.</summary>
    /// <exception cref="FirnException">It did not answer.</exception>
    public static async Task<bool> HasAsync(Peer peer, string name, CancellationToken cancellationToken)
    {
        var kind = Protocol.ProcessName.IsReserved(name) ? NameKind.BuiltIn : NameKind.Process;
        var page = await AskAsync(peer, new NamesQuery(kind, name), cancellationToken).ConfigureAwait(false);
        return page is [var first, ..] && first == name;
    }

    private static async Task<string[]> AskAsync(Peer peer, NamesQuery query, CancellationToken cancellationToken) =>
        await peer.Named<NamesQuery>(Name).Using(Serializer).CallAsync<string[]>(query, cancellationToken: cancellationToken).ConfigureAwait(false);

    private static string[] Page(IReadOnlyList<string> names, string from) =>
        [.. names.SkipWhile(name => string.CompareOrdinal(name, from) < 0).Take(PageSize)];
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NamesQuery))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class NamesJson : JsonSerializerContext;
