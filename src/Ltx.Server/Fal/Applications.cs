namespace Ltx.Server.Fal;

/// <summary>Everything that this server offers.</summary>
internal static class Applications
{
    public static IReadOnlyList<Application> All { get; } = [.. InpaintSchema.Applications, .. TrainingSchema.Applications];

    /// <summary>What this server is for: the endpoint that is meant where none is named.</summary>
    public static Application Default => All[0];

    /// <summary>Owners and aliases, each once.</summary>
    public static IReadOnlyList<string> Apps { get; } = [.. All.Select(application => application.App).Distinct()];

    public static Application? Find(string id) => All.FirstOrDefault(application => application.Id == id);

    /// <summary>Of a request that has been taken in.</summary>
    public static Application Of(string id) =>
        Find(id) ?? throw new InvalidDataException($"This version of the server does not know the application {id}.");

    /// <summary>Owner and alias that a path begins with, or null where it leads to none of ours.</summary>
    public static string? AppOf(string path) =>
        Apps.FirstOrDefault(app => path == "/" + app || path.StartsWith($"/{app}/", StringComparison.Ordinal));
}
