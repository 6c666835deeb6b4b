using System.CommandLine;
using System.Globalization;
using Ltx.Server.Media;

namespace Ltx.Server.Commands;

/// <summary>`ltx models`: everything about weights on disk.</summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Gets, checks, looks into and removes model weights.")
    {
        ModelsListCommand.Create(),
        ModelsPullCommand.Create(),
        ModelsRemoveCommand.Create(),
        ModelsVerifyCommand.Create(),
        ModelsInspectCommand.Create(),
        ModelsSynthCommand.Create(),
    };

    /// <summary>For instance 46.1 GB: in thousands, as the hub and disks count.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
    };
}
