using System.Reflection;

namespace Ltx.Server.Configuration;

/// <summary>The program's version: of Directory.Build.props, with the commit that it was built from.</summary>
internal static class ProgramVersion
{
    // Of the commit what tells it from others.
    private const int CommitDigits = 8;

    public static string Text { get; } =
        Shortened(typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");

    /// <summary>1.2.3+0123456789abcdef0123 as 1.2.3+01234567.</summary>
    internal static string Shortened(string version) =>
        version.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus && version.Length > plus + 1 + CommitDigits
            ? version[..(plus + 1 + CommitDigits)] : version;
}
