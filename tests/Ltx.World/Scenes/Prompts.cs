namespace Ltx.World.Scenes;

/// <summary>What the miniature was told in training.</summary>
internal static class Prompts
{
    private const string Replace = "replace the masked region with ";

    /// <summary>For a scene under whose mask nothing is to stand.</summary>
    public static IReadOnlyList<string> Empty { get; } =
        ["empty background", Replace + "empty background", "Replace the masked region with matching cinematic background detail."];

    /// <summary>For what is to stand there.</summary>
    /// <param name="name">such as "red disc"</param>
    public static IReadOnlyList<string> Of(string name) => [$"a {name}", $"{Replace}a {name}", $"{Replace}{name}"];
}
