using System.Formats.Asn1;

namespace Firn.Protocol.Tests;

/// <summary>A DER value taken apart, so that one field of it can be changed while every length around it stays right.</summary>
internal sealed class DerTree
{
    private const byte Constructed = 0x20;

    private readonly List<DerTree> _children = [];
    private byte _tag;
    private byte[] _content = [];

    public static DerTree Read(ReadOnlyMemory<byte> der)
    {
        var reader = new AsnReader(der, AsnEncodingRules.DER);
        var tree = new DerTree { _tag = der.Span[0] };
        var content = reader.PeekContentBytes();
        if ((tree._tag & Constructed) == 0)
        {
            tree._content = content.ToArray();
            return tree;
        }

        for (var inner = new AsnReader(content, AsnEncodingRules.DER); inner.HasData;)
            tree._children.Add(Read(inner.ReadEncodedValue()));
        return tree;
    }

    /// <summary>Changes a field somewhere: its content, its tag, or whether and how often it is there.</summary>
    public void Mutate(Mutator mutator)
    {
        if (_children.Count > 0 && !mutator.Chance(16))
        {
            int at = mutator.Next(_children.Count);
            if (mutator.Chance(24))
                _children.RemoveAt(at);
            else if (mutator.Chance(24))
                _children.Insert(mutator.Next(_children.Count + 1), _children[at]);
            else
                _children[at].Mutate(mutator);
        }
        else if (mutator.Chance(6))
        {
            _tag = mutator.Mutate([_tag]) is [var tag, ..] ? tag : (byte)0;
        }
        else
        {
            _content = mutator.Mutate(_content);
        }
    }

    public byte[] Encode() => Encode(_tag, [.. _children.SelectMany(child => child.Encode()), .. _content]);

    public static byte[] Encode(byte tag, byte[] content) => content.Length switch
    {
        < 0x80 => [tag, (byte)content.Length, .. content],
        < 0x100 => [tag, 0x81, (byte)content.Length, .. content],
        _ => [tag, 0x82, (byte)(content.Length >> 8), (byte)content.Length, .. content],
    };
}
