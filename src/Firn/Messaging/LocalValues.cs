using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Firn.Serialization;

namespace Firn.Messaging;

/// <summary>Values that pass between processes of one node: by reference, as whatever the other side takes them for.</summary>
internal static class LocalValues
{
    /// <summary>
    /// <paramref name="value"/> as <typeparamref name="TTaken"/>: itself, if it is one; bytes as another kind of bytes. Bytes that are
    /// only lent are copied, since their owner takes them back when the send is over.
    /// </summary>
    public static bool TryConvert<TGiven, TTaken>(TGiven value, out TTaken result, [NotNullWhen(false)] out FirnException? failure)
    {
        failure = null;
        if (typeof(TGiven) == typeof(WrittenMessage))
            return Unsafe.As<TGiven, WrittenMessage>(ref value).TryRead(out result, out failure);

        if (RawBytes.Is<TGiven>() && RawBytes.Is<TTaken>())
        {
            RawBytes.TryGet(value, out var bytes);
            result = RawBytes.Read<TTaken>(RawBytes.IsLent<TTaken>() ? new ReadOnlySequence<byte>(bytes.ToArray()) : bytes);
            return true;
        }

        if (typeof(TGiven) == typeof(TTaken))
        {
            result = Unsafe.As<TGiven, TTaken>(ref value);
            return true;
        }

        if (value is TTaken taken || (value is null && default(TTaken) is null))
        {
            result = value is TTaken same ? same : default!;
            return true;
        }

        result = default!;
        failure = new FirnException(
            FailureReason.BadMessage, $"Expected a {typeof(TTaken).Name}, found a {value?.GetType().Name ?? "null"}: both sides of a message must name the same type.");
        return false;
    }
}
