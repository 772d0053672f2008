namespace Firn.Transports;

/// <summary>
/// Listens on <c>ws</c> and <c>wss</c> addresses for a node. Firn.AspNetCore has one: a web server does not come with the framework that
/// this package is built on.
/// </summary>
internal interface IWebSocketServer
{
    /// <summary>As <see cref="ITransport.ListenAsync"/>.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.CannotListen"/>; or the certificate cannot be used.</exception>
    ValueTask<IWebSocketListener> ListenAsync(NodeAddress address, NodeOptions options, CancellationToken cancellationToken);
}

/// <summary>Takes WebSockets. Disposed, it takes none any more, and those that it took live on: their requests are the server's.</summary>
internal interface IWebSocketListener : ITransportListener
{
    /// <summary>Ends the server, after the last link has ended.</summary>
    Task EndAsync();
}
