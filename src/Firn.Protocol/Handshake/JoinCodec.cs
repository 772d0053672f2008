using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Firn.Protocol.Wire;
using Google.Protobuf;

namespace Firn.Protocol;

/// <summary>The bodies of Offer and Grant.</summary>
internal static class JoinCodec
{
    public static Offer ToWire(JoinOffer offer) => new()
    {
        Cluster = offer.Cluster,
        Name = offer.Name.ToString(),
        Admission = offer.Admission.ToWire(),
        Cookie = offer.Gifts.HasFlag(InviteGifts.Cookie),
        Trust = offer.Gifts.HasFlag(InviteGifts.Trust),
    };

    /// <exception cref="HandshakeException">A field is outside its limits.</exception>
    public static JoinOffer FromWire(Offer? offer)
    {
        offer ??= new Offer();
        var gifts = (offer.Cookie ? InviteGifts.Cookie : InviteGifts.None) | (offer.Trust ? InviteGifts.Trust : InviteGifts.None);
        var admission = AdmissionModes.FromWire(offer.Admission)
            ?? throw HandshakeException.Malformed("The inviter admits by a way that this version does not know: update this machine.");
        return new JoinOffer(WireFields.Cluster(offer.Cluster), WireFields.Name(offer.Name), admission, gifts);
    }

    /// <summary>In an array that is pinned, for the caller to wipe.</summary>
    public static byte[] ToBytes(JoinOffer offer, CookieKey? cookie)
    {
        byte[] bytes = GC.AllocateArray<byte>(cookie is null ? 0 : CookieKey.Length, pinned: true);
        cookie?.Bytes.CopyTo(bytes);
        var grant = new Grant { Offer = ToWire(offer), Cookie = UnsafeByteOperations.UnsafeWrap(bytes) };
        byte[] body = GC.AllocateArray<byte>(grant.CalculateSize(), pinned: true);
        grant.WriteTo(body.AsSpan());
        CryptographicOperations.ZeroMemory(bytes);
        return body;
    }

    /// <exception cref="HandshakeException">Malformed, or the cookie is not what the offer says.</exception>
    public static JoinGrant ReadGrant(HandshakeMessage message)
    {
        var grant = WireFields.Parse(Grant.Parser, message);
        try
        {
            var offer = FromWire(grant.Offer);
            int due = offer.Gifts.HasFlag(InviteGifts.Cookie) ? CookieKey.Length : 0;
            if (grant.Cookie.Length != due)
                throw HandshakeException.Malformed($"The inviter's cookie has {grant.Cookie.Length} bytes: expected {due}.");
            return new JoinGrant(offer, due == 0 ? null : new CookieKey(grant.Cookie.Span, isPassphrase: false));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(grant.Cookie.Memory).Span);
        }
    }
}
