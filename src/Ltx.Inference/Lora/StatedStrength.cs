using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ltx.Inference.Lora;

/// <summary>
/// The strength that a file's metadata state where no alpha stands among its tensors: PEFT's settings, as diffusers writes them
/// (<c>lora_adapter_metadata</c>, each name behind its component's) or by themselves. A module's scale is alpha / r, or alpha / sqrt(r) where it is
/// rank-stabilised, with other values for modules that a pattern names. Source: huggingface/peft, LoraLayer.update_layer and get_pattern_key.
/// </summary>
internal sealed class StatedStrength
{
    private const string Diffusers = "lora_adapter_metadata", Alpha = "lora_alpha";

    private readonly double alpha;
    private readonly double? rank;
    private readonly bool isRankStabilised;
    private readonly IReadOnlyList<(Func<string, bool> Names, double Value)> alphas, ranks;

    private StatedStrength(IReadOnlyDictionary<string, JsonElement> settings)
    {
        alpha = Number(settings[Alpha]);
        foreach (string name in (ReadOnlySpan<string>)["r", "rank", "lora_rank"])
        {
            if (rank is null && settings.TryGetValue(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null) rank = Positive(Number(value));
        }
        isRankStabilised = settings.TryGetValue("use_rslora", out JsonElement stabilised) && Truth(stabilised);
        (alphas, ranks) = (Patterns(settings, "alpha_pattern"), Patterns(settings, "rank_pattern"));
        foreach ((_, double value) in ranks) Positive(value);
    }

    /// <summary>The same for a person.</summary>
    public string Sentence
    {
        get
        {
            string atRank = rank is { } stated ? string.Create(CultureInfo.InvariantCulture, $" at rank {stated}") : "";
            string others = alphas.Count + ranks.Count > 0 ? ", and others for some modules" : "";
            return string.Create(CultureInfo.InvariantCulture, $"its metadata state alpha {alpha}{atRank}{(isRankStabilised ? ", rank-stabilised" : "")}{others}, which is used");
        }
    }

    /// <param name="metadata">of the file</param>
    /// <param name="problem">a sentence where something is stated that cannot be read; else null</param>
    /// <returns>null where nothing is stated that can be used</returns>
    public static StatedStrength? Read(IReadOnlyDictionary<string, string> metadata, out string? problem)
    {
        problem = null;
        try
        {
            return Settings(metadata) is { } settings ? new StatedStrength(settings) : null;
        }
        // A name that stands twice says two things.
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            problem = "its metadata state a strength that cannot be read, and it is used as it is";
            return null;
        }
    }

    /// <summary>
    /// What kohya's scripts write of alpha and rank, as a hint: such a file has an alpha beside every module, and one that lost them (converted by
    /// something else) may have it folded in. Null where it says nothing that would change the strength.
    /// </summary>
    public static string? Hint(IReadOnlyDictionary<string, string> metadata)
    {
        foreach ((string alphaName, string rankName) in new[] { ("ss_network_alpha", "ss_network_dim"), ("network_alpha", "network_dim") })
        {
            if (!Finite(metadata, alphaName, out double stated) || !Finite(metadata, rankName, out double dimension)) continue;
            if (dimension <= 0 || stated == dimension) continue;
            string mentioned = string.Create(CultureInfo.InvariantCulture, $"its metadata mention alpha {stated} at rank {dimension} ({alphaName}), none of its tensors does");
            return string.Create(CultureInfo.InvariantCulture, $"{mentioned}, and it is used as it is; if it looks wrong, a scale of {stated / dimension} applies that");
        }
        return null;
    }

    /// <summary>Alpha / rank of a module.</summary>
    /// <param name="module">its name in the file</param>
    /// <param name="ownRank">of its matrices, where none is stated</param>
    public double Scale(string module, long ownRank)
    {
        double r = Of(ranks, module) ?? rank ?? ownRank;
        return (Of(alphas, module) ?? alpha) / (isRankStabilised ? Math.Sqrt(r) : r);
    }

    // One component's settings by their bare names; null where no alpha is among them.
    private static Dictionary<string, JsonElement>? Settings(IReadOnlyDictionary<string, string> metadata)
    {
        IEnumerable<(string Name, JsonElement Value)> stated = metadata.TryGetValue(Diffusers, out string? text)
            ? JsonDocument.Parse(text).RootElement.EnumerateObject().Select(property => (property.Name, property.Value))
            : metadata.Where(pair => pair.Key is Alpha or "r" or "rank" or "lora_rank" or "use_rslora" or "alpha_pattern" or "rank_pattern").Select(pair => (pair.Key, Loose(pair.Value)));
        Dictionary<string, JsonElement> all = stated.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        string[] prefixes = [.. all.Keys.Where(key => key == Alpha || key.EndsWith("." + Alpha, StringComparison.Ordinal)).Select(key => key[..^Alpha.Length])];
        if (prefixes.Length == 0) return null;
        // The transformer's beside a text encoder's.
        string prefix = prefixes.Contains("transformer.") ? "transformer." : prefixes.Contains("") ? "" : prefixes.Length == 1 ? prefixes[0] : throw new FormatException();
        return all.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value, StringComparer.Ordinal);
    }

    // Metadata are texts: numbers and objects in them are JSON, and what is not is a text (Python's True).
    private static JsonElement Loose(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement;
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text);
        }
    }

    private static double Number(JsonElement value)
    {
        double number = value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture) : value.GetDouble();
        return double.IsFinite(number) ? number : throw new FormatException();
    }

    private static double Positive(double number) => number > 0 ? number : throw new FormatException();

    private static bool Truth(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Null => false,
        JsonValueKind.String when bool.TryParse(value.GetString(), out bool truth) => truth,
        _ => throw new FormatException(),
    };

    private static List<(Func<string, bool>, double)> Patterns(IReadOnlyDictionary<string, JsonElement> settings, string name) =>
        settings.TryGetValue(name, out JsonElement patterns) && patterns.ValueKind != JsonValueKind.Null
            ? [.. patterns.EnumerateObject().Select(pattern => (Names(pattern.Name), Number(pattern.Value)))]
            : [];

    // A pattern names a module by an expression for its end.
    private static Func<string, bool> Names(string pattern)
    {
        try
        {
            // Without backtracking no name takes long.
            Regex expression = new($@"^(?:.*\.)?(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            // Behind its component's name, for patterns that begin at the beginning.
            return module => expression.IsMatch(module) || (module.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot && expression.IsMatch(module[(dot + 1)..]));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FormatException(null, e);
        }
    }

    private static double? Of(IReadOnlyList<(Func<string, bool> Names, double Value)> patterns, string module)
    {
        foreach ((Func<string, bool> names, double value) in patterns)
        {
            if (names(module)) return value;
        }
        return null;
    }

    private static bool Finite(IReadOnlyDictionary<string, string> metadata, string name, out double value)
    {
        value = 0;
        return metadata.TryGetValue(name, out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }
}
