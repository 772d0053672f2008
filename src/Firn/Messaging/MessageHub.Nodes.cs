using System.Collections.Concurrent;

namespace Firn.Messaging;

/// <summary>Who is to be told when a node is no longer connected.</summary>
internal sealed partial class MessageHub
{
    private readonly ConcurrentDictionary<NodeName, bool> _connected = [];
    private readonly ConcurrentDictionary<(ProcessCore Watcher, NodeName Node), bool> _nodeMonitors = [];

    public void MonitorNode(ProcessCore watcher, NodeName node)
    {
        if (node == Life.Node.Name)
            return;   // its end is the watcher's own

        _nodeMonitors[(watcher, node)] = true;
        if (!_connected.ContainsKey(node))
            FireNodeMonitor((watcher, node), EndReason.TransportError);
        if (watcher.HasExited)
            DemonitorNode(watcher, node);
    }

    public void DemonitorNode(ProcessCore watcher, NodeName node) => _nodeMonitors.TryRemove((watcher, node), out _);

    /// <summary>A peer is no longer connected.</summary>
    public void OnPeerDown(NodeName node, EndReason reason)
    {
        _connected.TryRemove(node, out _);   // before the monitors are looked at, which are entered before it is
        foreach (var (monitor, _) in _nodeMonitors)
        {
            if (monitor.Node == node)
                FireNodeMonitor(monitor, reason);
        }
    }

    private void DemonitorNodes(ProcessCore watcher)
    {
        foreach (var (monitor, _) in _nodeMonitors)
        {
            if (monitor.Watcher == watcher)
                _nodeMonitors.TryRemove(monitor, out _);
        }
    }

    private void FireNodeMonitor((ProcessCore Watcher, NodeName Node) monitor, EndReason reason)
    {
        if (_nodeMonitors.TryRemove(monitor, out _))
            monitor.Watcher.Mailbox.DeliverNotice(new NodeDown(monitor.Node, reason));
    }
}
