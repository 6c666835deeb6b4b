namespace Ltx.Inference.Tests;

/// <summary>Where the repository's own files are, seen from a test that runs in its build folder.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Goldens => Path.Combine(Root, "tests", "goldens");

    public static string OtherGoldens => Path.Combine(Root, "tests", "goldens-other-sizes");

    public static string TrainingGoldens => Path.Combine(Root, "tests", "goldens-training");

    public static string Miniature => Path.Combine(Root, "models", "miniature");

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Ltx.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run outside the repository.");
    }
}
