using System.Net.Security;

namespace Firn.Benchmarks;

/// <summary>Sends back whatever comes.</summary>
internal static class RawEcho
{
    /// <summary>Waits in posted reads, which are quicker.</summary>
    public static Task PostedAsync(SslStream tls) => ServeAsync(tls, isFrugal: false);

    /// <summary>Waits in reads of zero bytes, which hold no buffer.</summary>
    public static Task FrugalAsync(SslStream tls) => ServeAsync(tls, isFrugal: true);

    private static async Task ServeAsync(SslStream tls, bool isFrugal)
    {
        var buffer = new byte[64];
        while (true)
        {
            if (isFrugal)
                _ = await tls.ReadAsync(Memory<byte>.Empty);
            int read = await tls.ReadAsync(buffer);
            if (read == 0)
                return;
            await tls.WriteAsync(buffer.AsMemory(0, read));
        }
    }
}
