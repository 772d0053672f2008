using Firn.Identity;

namespace Firn.Cli;

/// <summary>Where the checks look: the environment, and the home that it names. Nothing is made by looking.</summary>
internal sealed class Surroundings(Func<string, string?> environment)
{
    /// <summary>Those of this process.</summary>
    public static Surroundings OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>The value of a variable; null when it is not set.</summary>
    public string? Variable(string name) => environment(name);

    /// <summary>Where the home is, or would be.</summary>
    /// <exception cref="FirnException">The environment names none.</exception>
    public string HomePath => Path.TrimEndingDirectorySeparator(Path.GetFullPath(FirnHome.DefaultPath(environment)));

    /// <summary>The home; null when it is not there, or not fit to be used, which the check of the home tells.</summary>
    public FirnHome? TryOpenHome()
    {
        try
        {
            return FirnHome.TryOpen(HomePath);
        }
        catch (FirnException)
        {
            return null;
        }
    }
}
