using Firn.AspNetCore;
using Firn.Protocol;

namespace Firn.Cli;

/// <summary>Where the line of an invite comes from, and what the person who joins is shown and asked.</summary>
internal static class JoinText
{
    /// <summary>The line that was given, from standard input, or from the person at the terminal, to whom it is not shown.</summary>
    public static string ReadLine(string? given, CancellationToken stop)
    {
        if (given is not (null or "-"))
            return given;
        if (given is "-" || Console.IsInputRedirected)
            return ReadInput(Console.In);

        using var typed = new Identity.SecretBuffer(InviteLine.MaxLength);
        typed.Length = HiddenPrompt.Ask("Invite (not shown): ", typed.Room, stop);
        return System.Text.Encoding.UTF8.GetString(typed.Bytes);
    }

    /// <summary>Shows what is offered on <paramref name="output"/>, and asks at the terminal, wherever the line came from.</summary>
    public static bool Ask(JoinOfferBody offer, TextWriter output, CancellationToken stop)
    {
        foreach (string line in Lines(offer))
            output.WriteLine(Printable.Line(line));
        output.Flush();
        Span<byte> answer = stackalloc byte[16];
        int length = HiddenPrompt.Ask("Join? [y/N] ", answer, stop);
        return System.Text.Encoding.UTF8.GetString(answer[..length]).Trim().ToLowerInvariant() is "y" or "yes";
    }

    public static IEnumerable<string> Lines(JoinOfferBody offer) =>
    [
        $"inviter      {offer.Name}",
        $"did          {offer.Did}",
        $"fingerprint  {offer.Fingerprint}",
        $"address      {offer.Address}",
        $"cluster      {offer.Cluster}",
        $"admits by    {(offer.Admission == "both" ? "cookie and trust" : offer.Admission)}",
        $"gives        {Gifts(offer.GivesCookie, offer.GivesTrust)}",
    ];

    public static string Gifts(bool cookie, bool trust) =>
        ((cookie ? InviteGifts.Cookie : InviteGifts.None) | (trust ? InviteGifts.Trust : InviteGifts.None)).Describe();

    /// <summary>How to start the node that has joined.</summary>
    public static string UpCommand(JoinOfferBody offer, string? name) =>
        "firn up" + (name is null ? "" : $" --name {name}") + (offer.Admission == "cookie" ? "" : $" --admit {offer.Admission}")
        + (offer.Cluster == "default" ? "" : $" --cluster {offer.Cluster}") + $" --peer {offer.Address}";

    private static string ReadInput(TextReader input)
    {
        var buffer = new char[InviteLine.MaxLength + 1];
        int length = input.ReadBlock(buffer);
        string text = new(buffer, 0, length);
        Array.Clear(buffer);
        return text;
    }
}
