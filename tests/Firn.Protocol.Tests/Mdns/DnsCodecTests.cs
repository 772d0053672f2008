using System.Net;

namespace Firn.Protocol.Tests.Mdns;

/// <summary>Messages on the wire: what is written reads back, what is damaged is refused, nothing costs much.</summary>
public sealed class DnsCodecTests
{
    private static readonly DnsName Instance = MdnsNames.Tcp.Below("ann@here (2)");
    private static readonly DnsName HostName = DnsName.Of("firn-0102", "local");

    private static readonly DnsRecord[] Records =
    [
        DnsRecord.Ptr(MdnsNames.Tcp, Instance, 4500),
        DnsRecord.Srv(Instance, 3476, HostName, 120),
        DnsRecord.Txt(Instance, new byte[] { 3, (byte)'v', (byte)'=', (byte)'1' }, 4500),
        DnsRecord.OfAddress(HostName, IPAddress.Parse("10.0.0.1"), 120),
        DnsRecord.OfAddress(HostName, IPAddress.Parse("fe80::1"), 120),
        DnsRecord.Nsec(HostName, [DnsType.A, DnsType.Aaaa], 120),
    ];

    [Fact]
    public void What_is_written_reads_back()
    {
        var message = Read(Written());

        message.IsResponse.ShouldBeTrue();
        message.Answers.Count.ShouldBe(Records.Length);
        foreach (var (read, written) in message.Answers.Zip(Records))
        {
            read.SaysTheSameAs(written).ShouldBeTrue();
            (read.Ttl, read.IsUnique).ShouldBe((written.Ttl, written.IsUnique));
        }

        message.Answers[1].Port.ShouldBe((ushort)3476);
        message.Answers[4].Address.ShouldBe(IPAddress.Parse("fe80::1"));
    }

    [Fact]
    public void Names_are_compressed_but_not_in_SRV_records_for_plain_resolvers()
    {
        Written().Length.ShouldBeLessThan(200);
        var legacy = new DnsWriter(isLegacy: true);
        legacy.TryAdd(DnsSection.Answer, Records[1]);
        legacy.TryAdd(DnsSection.Answer, Records[1]);
        byte[] bytes = legacy.ToMessage(isResponse: true);

        Read(bytes).Answers.ShouldAllBe(r => !r.IsUnique);
        bytes.AsSpan().Count(HostName.Wire).ShouldBe(2);
    }

    [Fact]
    public void The_message_of_the_specification_reads()
    {
        // RFC 1035, section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA by pointers, and the root.
        var bytes = new byte[] { 0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0 }.ToList();
        bytes[7] = 3;
        Add([1, (byte)'F', 3, (byte)'I', (byte)'S', (byte)'I', 4, (byte)'A', (byte)'R', (byte)'P', (byte)'A', 0]);
        Add([3, (byte)'F', (byte)'O', (byte)'O', 0xC0, 12]);
        Add([0xC0, 18]);

        Read([.. bytes]).Answers.Select(r => r.Name.ToString()).ShouldBe(["F.ISI.ARPA.", "FOO.F.ISI.ARPA.", "ARPA."]);

        void Add(byte[] name) => bytes.AddRange([.. name, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]);
    }

    [Fact]
    public void Names_are_the_same_in_any_case()
    {
        DnsName.Of("Foo", "LOCAL").ShouldBe(DnsName.Of("fOO", "local"));
        DnsName.Of("Foo", "LOCAL").GetHashCode().ShouldBe(DnsName.Of("fOO", "local").GetHashCode());
        DnsName.Of("foo", "local").ShouldNotBe(DnsName.Of("fo", "olocal"));
        DnsName.Of("a").Below("b").IsChildOf(DnsName.Of("A")).ShouldBeTrue();
        DnsName.Of("a").IsChildOf(DnsName.Of("a")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("to itself", new byte[] { 0xC0, 12 })]
    [InlineData("forward", new byte[] { 0xC0, 14, 0 })]
    [InlineData("into the middle of itself", new byte[] { 1, (byte)'a', 0xC0, 12 })]
    [InlineData("beyond the end", new byte[] { 0xC3, 0xFF })]
    [InlineData("half", new byte[] { 0xC0 })]
    [InlineData("of an unknown kind", new byte[] { 0x40, 0, 0 })]
    [InlineData("longer than the message", new byte[] { 63, 1, 2 })]
    public void A_name_that_leads_nowhere_is_refused(string why, byte[] name)
    {
        byte[] message = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name, .. name.Length > 2 || name is [0xC0, 12] ? new byte[] { 0, 1, 0, 1 } : []];
        DnsReader.TryRead(message, out _).ShouldBeFalse(why);
    }

    [Fact]
    public void A_name_of_256_bytes_and_a_chain_of_17_pointers_are_refused()
    {
        byte[] labels = [.. Enumerable.Repeat((byte[])[63, .. new byte[63]], 4).SelectMany(static l => l), 0];
        DnsReader.TryRead([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. labels, 0, 1, 0, 1], out _).ShouldBeFalse();
        ReadChain(16).ShouldBeTrue();
        ReadChain(17).ShouldBeFalse();

        // In the data of a TXT record stand a root and pointers, each to the one before; a question comes first, so that they lie before a name.
        static bool ReadChain(int pointers)
        {
            var data = new List<byte> { 0 };
            const int DataAt = 12 + 11;
            int last = DataAt;
            for (int i = 1; i < pointers; i++)
            {
                data.AddRange([0xC0, (byte)last]);
                last = DataAt + data.Count - 2;
            }

            byte[] message =
            [
                0, 0, 0x84, 0, 0, 0, 0, 2, 0, 0, 0, 0,
                0, 0, 16, 0, 1, 0, 0, 0, 1, 0, (byte)data.Count, .. data,
                0xC0, (byte)last, 0, 16, 0, 1, 0, 0, 0, 1, 0, 0,
            ];
            return DnsReader.TryRead(message, out _);
        }
    }

    [Fact]
    public void Counts_that_are_not_there_or_too_many_are_refused()
    {
        foreach (int at in (int[])[4, 6, 8, 10])
        {
            byte[] message = new byte[40];
            message[at] = 0xFF;
            message[at + 1] = 0xFF;
            DnsReader.TryRead(message, out _).ShouldBeFalse();
            message[at] = 0;
            message[at + 1] = 9;
            DnsReader.TryRead(message, out _).ShouldBeFalse();
        }

        DnsReader.TryRead(new byte[DnsMessage.MaxLength + 1], out _).ShouldBeFalse();
        DnsReader.TryRead(new byte[11], out _).ShouldBeFalse();
    }

    [Fact]
    public void No_query_and_no_response_is_what_has_another_opcode_or_failed()
    {
        byte[] message = Written();
        foreach (int bits in (int[])[0x0800, 0x0003])
        {
            byte[] other = [.. message];
            other[2] |= (byte)(bits >> 8);
            other[3] |= (byte)bits;
            DnsReader.TryRead(other, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Any_cut_of_a_message_is_refused()
    {
        byte[] message = Written();
        for (int length = 0; length < message.Length; length++)
            DnsReader.TryRead(message.AsSpan(0, length), out _).ShouldBeFalse($"the first {length} bytes");
    }

    [Fact]
    public void Damaged_messages_read_as_something_that_can_be_written_or_are_refused()
    {
        byte[] good = Written();
        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            byte[] bytes = mutator.Chance(8) ? mutator.Bytes(300) : mutator.Mutate(good);
            if (!DnsReader.TryRead(bytes, out var read))
                return;
            var writer = new DnsWriter(4096);
            foreach (var question in read.Questions)
                writer.TryAdd(question).ShouldBeTrue();
            foreach (var record in read.Answers)
                writer.TryAdd(DnsSection.Answer, record).ShouldBeTrue();
            if (DnsReader.TryRead(writer.ToMessage(read.IsResponse), out var again))
                again.Answers.Zip(read.Answers).ShouldAllBe(pair => pair.First.SaysTheSameAs(pair.Second));
        });
    }

    [Fact]
    public void What_does_not_fit_leaves_no_trace()
    {
        for (int size = 12; size < 300; size++)
        {
            var writer = new DnsWriter(size);
            int added = Records.Count(r => writer.TryAdd(DnsSection.Answer, r));
            Read(writer.ToMessage(isResponse: true)).Answers.Count.ShouldBe(added, $"{size} bytes");
        }
    }

    [Fact]
    public void Texts_read_or_are_refused()
    {
        var text = new ServiceText(new VersionRange(1, 3), Keys.Did(0), new byte[16]);
        byte[] good = text.ToBytes();
        ServiceText.TryRead(good, out var read).ShouldBeTrue();
        (read.Versions, read.Did, read.Tag!.Value.Length).ShouldBe((text.Versions, text.Did, 16));
        ServiceText.TryRead([.. good, 5, .. "x=abc"u8, .. "\u0008DID=oops"u8], out read).ShouldBeTrue("unknown keys are skipped, of two the first counts");
        read.Did.ShouldBe(text.Did);

        Fuzz.Run(Fuzz.CostlyCases, mutator =>
        {
            if (ServiceText.TryRead(mutator.Mutate(good), out var any))
                ServiceText.TryRead(any.ToBytes(), out _).ShouldBeTrue();
        });
    }

    private static byte[] Written()
    {
        var writer = new DnsWriter();
        foreach (var record in Records)
            writer.TryAdd(DnsSection.Answer, record).ShouldBeTrue();
        return writer.ToMessage(isResponse: true);
    }

    private static DnsMessage Read(byte[] bytes)
    {
        DnsReader.TryRead(bytes, out var message).ShouldBeTrue();
        return message;
    }
}
