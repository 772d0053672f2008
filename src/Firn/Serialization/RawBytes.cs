using System.Buffers;
using System.Runtime.CompilerServices;

namespace Firn.Serialization;

/// <summary>
/// The types that are bytes already: <c>byte[]</c>, <c>Memory</c>, <c>ReadOnlyMemory</c>, <c>ReadOnlySequence</c>, and
/// <c>IMemoryOwner</c> where they are read. For value types the comparisons below are constants of the compiled code.
/// </summary>
internal static class RawBytes
{
    /// <summary>Whether <typeparamref name="T"/> is one of them.</summary>
    public static bool Is<T>() => typeof(T) == typeof(ReadOnlyMemory<byte>) || typeof(T) == typeof(ReadOnlySequence<byte>)
        || typeof(T) == typeof(Memory<byte>) || typeof(T) == typeof(byte[]) || typeof(T) == typeof(IMemoryOwner<byte>);

    /// <summary>Whether what <see cref="Read{T}"/> returns may stand in the bytes it was given, and so lives no longer than they do.</summary>
    public static bool IsLent<T>() => typeof(T) == typeof(ReadOnlyMemory<byte>) || typeof(T) == typeof(ReadOnlySequence<byte>);

    /// <summary>The bytes that <paramref name="value"/> is, not copied; false when it is none.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NotSerializable"/>: null, or an <c>IMemoryOwner</c>, which is only read.</exception>
    public static bool TryGet<T>(T value, out ReadOnlySequence<byte> bytes)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
            bytes = new(Unsafe.As<T, ReadOnlyMemory<byte>>(ref value));
        else if (typeof(T) == typeof(ReadOnlySequence<byte>))
            bytes = Unsafe.As<T, ReadOnlySequence<byte>>(ref value);
        else if (typeof(T) == typeof(Memory<byte>))
            bytes = new(Unsafe.As<T, Memory<byte>>(ref value));
        else if (typeof(T) == typeof(byte[]))
            bytes = new((byte[]?)(object?)value ?? throw Refused("A byte[] that is null cannot be sent: send an empty one."));
        else if (typeof(T) == typeof(IMemoryOwner<byte>))
            throw Refused("An IMemoryOwner<byte> is for reading: send its Memory (pid.As<ReadOnlyMemory<byte>>()), and dispose it then.");
        else
        {
            bytes = default;
            return false;
        }

        return true;
    }

    /// <summary>As <see cref="TryGet{T}"/>, where they are in one piece and of a kind that costs nothing to look at.</summary>
    public static bool TryGetMemory<T>(T value, out ReadOnlyMemory<byte> bytes)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
            bytes = Unsafe.As<T, ReadOnlyMemory<byte>>(ref value);
        else if (typeof(T) == typeof(Memory<byte>))
            bytes = Unsafe.As<T, Memory<byte>>(ref value);
        else if (typeof(T) == typeof(byte[]) && value is not null)
            bytes = Unsafe.As<T, byte[]>(ref value);
        else
        {
            bytes = default;
            return false;
        }

        return true;
    }

    /// <summary>
    /// <paramref name="bytes"/> as <typeparamref name="T"/>. A sequence, and a memory if they are in one piece, are these bytes
    /// themselves; the others are copies, that of an owner from the pool and the reader's to dispose.
    /// </summary>
    public static T Read<T>(in ReadOnlySequence<byte> bytes)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
            return As<ReadOnlyMemory<byte>, T>(bytes.IsSingleSegment ? bytes.First : bytes.ToArray());
        if (typeof(T) == typeof(ReadOnlySequence<byte>))
            return As<ReadOnlySequence<byte>, T>(bytes);
        if (typeof(T) == typeof(Memory<byte>))
            return As<Memory<byte>, T>(bytes.ToArray());
        if (typeof(T) == typeof(byte[]))
            return (T)(object)bytes.ToArray();

        var owner = new PooledBytes(checked((int)bytes.Length));
        bytes.CopyTo(owner.Memory.Span);
        return (T)(object)owner;
    }

    /// <summary>The same for a memory, which is lent; false for other types.</summary>
    public static bool TryRead<T>(ReadOnlyMemory<byte> bytes, out T value)
    {
        bool isMemory = typeof(T) == typeof(ReadOnlyMemory<byte>);
        value = isMemory ? As<ReadOnlyMemory<byte>, T>(bytes) : default!;
        return isMemory;
    }

    private static TTo As<TFrom, TTo>(TFrom value) => Unsafe.As<TFrom, TTo>(ref value);

    private static FirnException Refused(string sentence) => new(FailureReason.NotSerializable, sentence);
}
