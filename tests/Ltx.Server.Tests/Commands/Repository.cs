namespace Ltx.Server.Tests.Commands;

/// <summary>Where things lie in the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Model => Path.Combine(Root, "models", "miniature");

    /// <summary>The model of random weights that numbers are compared by: all of LTX-2.3's parts, and a fifth of the miniature.</summary>
    public static string GoldenModel => Path.Combine(Root, "tests", "goldens", "model");

    public static string Scenes => Path.Combine(Root, "tests", "scenes");

    public static string MagentaLora => Path.Combine(Model, "loras", "magenta.safetensors");

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Ltx.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
