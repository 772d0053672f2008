using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firn.Tests.Discovery;

/// <summary>A name server on loopback that knows what a test tells it (RFC 1035, RFC 2782); of anything else it says that it does not exist.</summary>
internal sealed class SmallDnsServer : IAsyncDisposable
{
    private const ushort TypeA = 1, TypeAaaa = 28, TypeSrv = 33;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly Dictionary<(string Name, ushort Type), List<(byte[] Data, uint Time)>> _records = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _serving;

    public SmallDnsServer() => _serving = ServeAsync();

    public IPEndPoint EndPoint => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>Answers every question with SERVFAIL.</summary>
    public volatile bool IsBroken;

    /// <summary>Tells the addresses of all hosts along with the records of services.</summary>
    public volatile bool TellsAlong;

    /// <summary>The names that it was asked for, each with its type.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public SmallDnsServer Address(string name, string address, uint time = 60)
    {
        var ip = IPAddress.Parse(address);
        return Add(name, ip.AddressFamily == AddressFamily.InterNetwork ? TypeA : TypeAaaa, ip.GetAddressBytes(), time);
    }

    public SmallDnsServer Service(string name, string target, ushort port, ushort priority = 0, uint time = 60, ushort weight = 0)
    {
        var data = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(data, priority);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), weight);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), port);
        return Add(name, TypeSrv, [.. data, .. Encode(target)], time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _serving;
        _socket.Dispose();
        _stopped.Dispose();
    }

    private SmallDnsServer Add(string name, ushort type, byte[] data, uint time)
    {
        if (!_records.TryGetValue((name, type), out var records))
            _records[(name, type)] = records = [];
        records.Add((data, time));
        return this;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var question = await _socket.ReceiveAsync(_stopped.Token);
                await _socket.SendAsync(Answer(question.Buffer), question.RemoteEndPoint, _stopped.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(byte[] question)
    {
        int end = 12;
        var labels = new List<string>();
        while (question[end] != 0)
        {
            labels.Add(Encoding.ASCII.GetString(question, end + 1, question[end]));
            end += question[end] + 1;
        }

        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question.AsSpan(end + 1));
        var name = string.Join('.', labels).ToLowerInvariant();
        Asked.Enqueue($"{name} {type}");
        var found = _records.GetValueOrDefault((name, type)) ?? [];
        var along = TellsAlong && type == TypeSrv ? _records.Where(static r => r.Key.Type != TypeSrv).ToList() : [];
        byte code = IsBroken ? (byte)2 : _records.Keys.Any(key => key.Name == name) ? (byte)0 : (byte)3;
        List<byte> answer = [.. question[..2], 0x84, code, 0, 1, 0, (byte)(IsBroken ? 0 : found.Count), 0, 0, 0, (byte)along.Sum(static r => r.Value.Count), .. question[12..(end + 5)]];
        foreach (var record in IsBroken ? [] : found)
            answer.AddRange([0xC0, 12, .. Encode(type, record)]);
        foreach (var (key, records) in along)
        {
            foreach (var record in records)
                answer.AddRange([.. Encode(key.Name), .. Encode(key.Type, record)]);
        }

        return [.. answer];
    }

    private static byte[] Encode(ushort type, (byte[] Data, uint Time) record)
    {
        var (data, time) = record;
        return
        [
            (byte)(type >> 8), (byte)type, 0, 1, (byte)(time >> 24), (byte)(time >> 16), (byte)(time >> 8), (byte)time,
            (byte)(data.Length >> 8), (byte)data.Length, .. data,
        ];
    }

    private static byte[] Encode(string name) => [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), 0];
}
