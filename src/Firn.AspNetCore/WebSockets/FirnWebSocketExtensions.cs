using Firn.AspNetCore;

namespace Firn;

/// <summary>WebSockets as a way to reach a node.</summary>
public static class FirnWebSocketExtensions
{
    /// <summary>
    /// Has the node listen on the <c>ws</c> and <c>wss</c> addresses of <see cref="NodeOptions.Listen"/>, by a web server of its own in this process
    /// that serves <c>/firn</c> and nothing else. An application that has one takes <c>app.MapFirn()</c> instead.
    /// </summary>
    /// <param name="options">Of a node that has not started.</param>
    /// <param name="certificateFile">PEM: the certificate of <c>wss</c>, with those that signed it; read again when it changes. If null, one is made at the
    /// start. Nodes do not check it, since the TLS inside proves who is who; a proxy on the way may.</param>
    /// <param name="keyFile">PEM: its key, not encrypted; in the same file if null.</param>
    public static NodeOptions ServeWebSockets(this NodeOptions options, string? certificateFile = null, string? keyFile = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.WebSocketServer = new KestrelServing(certificateFile, keyFile);
        return options;
    }
}
