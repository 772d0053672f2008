using FsCheck.Fluent;

namespace Firn.Protocol.Tests;

public class ReplyHeaderTests
{
    [Fact]
    public void Every_header_reads_back() =>
        Prop.ForAll<ulong, byte>((call, status) =>
        {
            var header = new ReplyHeader(call, (ReplyStatus)status);
            byte[] wire = new byte[ReplyHeader.Size + 2];
            header.Write(wire);
            ReplyHeader.Read(wire).ShouldBe(header);
        }).Check();

    [Fact]
    public void It_is_the_call_in_network_order_and_the_status()
    {
        byte[] wire = new byte[ReplyHeader.Size];
        new ReplyHeader(0x0102030405060708, ReplyStatus.Failed).Write(wire);
        Convert.ToHexString(wire).ShouldBe("010203040506070804");
    }
}
