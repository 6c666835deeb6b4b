namespace Ltx.Server.Queue;

/// <summary>What a model says of itself to those who meet it first.</summary>
/// <param name="Name">its folder's</param>
/// <param name="About">what it knows; null where it does not say</param>
/// <param name="Prompts">that it understands</param>
/// <param name="Frames">of the clips that it was made for; null where it does not say</param>
internal sealed record ModelCard(string Name, string? About, IReadOnlyList<string> Prompts, int? Frames);
