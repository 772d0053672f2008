using Firn.Protocol;

namespace Firn.Messaging;

/// <summary>What has a name here, and processes of Firn's own.</summary>
internal sealed partial class MessageHub
{
    /// <summary>The names of one kind, in ordinal order.</summary>
    public IReadOnlyList<string> NamesOf(NameKind kind)
    {
        var names = kind switch
        {
            NameKind.Process => _names.Keys.Where(name => !ProcessName.IsReserved(name)),
            NameKind.Function => _functions.Keys,
            NameKind.BuiltIn => _names.Keys.Where(ProcessName.IsReserved),
            _ => [],
        };
        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <summary>Starts a process of Firn's own under a name that users cannot take.</summary>
    /// <exception cref="FirnException"><see cref="FailureReason.NameTaken"/>: it runs already.</exception>
    public ProcessCore StartBuiltIn<TMessage>(string name, MessageSerializer serializer, Func<Process<TMessage>, Task> function)
    {
        var process = Create(function, new ProcessOptions { Serializer = serializer }).CoreOf;
        AddUnchecked(process, name);
        process.Start();
        return process;
    }
}
