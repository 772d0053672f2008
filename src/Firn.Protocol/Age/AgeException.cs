namespace Firn.Protocol;

/// <summary>At which step an age file was refused.</summary>
internal enum AgeFault
{
    /// <summary>Not an age file, of another version, malformed, or beyond a limit.</summary>
    Header,

    /// <summary>A well-formed file for keys, not for a passphrase.</summary>
    NoPassphrase,

    /// <summary>The passphrase is not the one that the file was made with, or the wrapped key was altered.</summary>
    WrongPassphrase,

    /// <summary>The passphrase is right, but the header was altered.</summary>
    HeaderMac,

    /// <summary>What comes after the header was altered or cut.</summary>
    Payload,
}

/// <summary>Why an age file does not open: a clause such as "its header is cut off", for a sentence that names the file.</summary>
internal sealed class AgeException(AgeFault fault, string message) : Exception(message)
{
    public AgeFault Fault { get; } = fault;
}
