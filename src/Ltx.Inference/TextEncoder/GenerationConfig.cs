using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder;

/// <summary>What the model itself says about generation.</summary>
/// <param name="StopTokens">ids that end a text</param>
/// <param name="TopK">draw from this many most probable tokens only; null for all</param>
/// <param name="TopP">draw from the most probable tokens of this share only; null for all</param>
internal sealed record GenerationConfig(IReadOnlySet<int> StopTokens, int? TopK, double? TopP)
{
    /// <param name="folder">with <c>generation_config.json</c>, or with the stop tokens in <c>config.json</c></param>
    public static GenerationConfig Read(string folder)
    {
        string path = Path.Combine(folder, "generation_config.json");
        ConfigSection config = JsonFile.Read(File.Exists(path) ? path : Path.Combine(folder, "config.json"));
        return new GenerationConfig(
            config.IntOrInts("eos_token_id").ToHashSet(),
            config.Has("top_k") && config.Int("top_k") > 0 ? config.Int("top_k") : null,
            config.Has("top_p") && config.Double("top_p") < 1 ? config.Double("top_p") : null);
    }
}
