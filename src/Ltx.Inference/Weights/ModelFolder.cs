using System.Text.Json;

namespace Ltx.Inference.Weights;

/// <summary>A folder with a <c>model.json</c> that names the parts of one model.</summary>
/// <param name="Path">the folder</param>
/// <param name="Checkpoint">transformer, connectors, VAEs and vocoder in one file</param>
/// <param name="Upscaler">the latent upsampler between the two stages</param>
/// <param name="DistilledLora">null where the model has none</param>
/// <param name="InpaintAdapter">the in/outpainting adapter, null where it is not installed</param>
/// <param name="TextEncoder">a folder with Gemma and its tokenizer</param>
/// <param name="PromptExpansion">false where Gemma is not trained to write</param>
public sealed record ModelFolder(string Path, string Checkpoint, string Upscaler, string? DistilledLora, string? InpaintAdapter, string TextEncoder, bool PromptExpansion)
{
    /// <summary>The name of the file that makes a folder a model folder.</summary>
    public const string FileName = "model.json";

    /// <summary>The recipe that it was made for: a name, or the whole path of a file of its own; null where it names none.</summary>
    public string? Recipe { get; init; }

    /// <summary>Whether the transformer itself was trained with the green guide, so that no adapter is needed for it.</summary>
    public bool KnowsGuide { get; init; }

    /// <summary>Pixels of the shorter side of the clips that it was trained with, beyond which nothing is enlarged; null where it does not say.</summary>
    public int? ShortSide { get; init; }

    /// <summary>Where its parts come from; paths of a model of random numbers lead nowhere.</summary>
    internal IModelFiles Files { get; init; } = DiskFiles.Instance;

    /// <summary>The tokenizer's own file, on the disk always; null for the text encoder's.</summary>
    internal string? Tokenizer { get; init; }

    /// <param name="unpacking">is told of each file that has to be unpacked first: <see cref="PackedFiles"/></param>
    /// <exception cref="WeightsException">There is no model.json, it is not sound, or a part that it names is missing.</exception>
    public static ModelFolder Open(string folder, Action<string>? unpacking = null)
    {
        string full = System.IO.Path.GetFullPath(folder);
        if (!Directory.Exists(full)) throw new WeightsException($"The model folder {full} does not exist.");
        string file = System.IO.Path.Combine(full, FileName);
        if (!File.Exists(file)) throw new WeightsException($"{full} is not a model folder: it has no {FileName}.");
        PackedFiles.Unpack(full, unpacking);
        using JsonDocument document = Parse(file);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new WeightsException($"{file} is not a JSON object.");

        string? Part(string key, bool isFolder)
        {
            if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
            string name = TextOf(value) is { Length: > 0 } text && !text.Contains('\0') ? text : throw new WeightsException($"{file}: \"{key}\" must be a path.");
            string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(full, name));
            bool exists = isFolder ? Directory.Exists(path) : File.Exists(path);
            return exists ? path : throw new WeightsException($"{file} names \"{name}\" as its {key}, and {path} does not exist.");
        }

        string Needed(string key, bool isFolder = false) => Part(key, isFolder) ?? throw new WeightsException($"{file} does not name its {key}.");

        string? Recipe()
        {
            if (!root.TryGetProperty("recipe", out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
            return TextOf(value) is { Length: > 0 } name && !name.Contains('\0') ? name.EndsWith(".json", StringComparison.Ordinal) ? Part("recipe", isFolder: false) : name : throw new WeightsException($"{file}: \"recipe\" must be a name or a path.");
        }

        int? ShortSide()
        {
            if (!root.TryGetProperty("short_side", out JsonElement value) || value.ValueKind == JsonValueKind.Null) return null;
            return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int side) && side is >= 64 and <= 8192 ? side : throw new WeightsException($"{file}: \"short_side\" must be a number from 64 to 8192.");
        }

        bool Truth(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new WeightsException($"{file}: \"{key}\" must be true or false."),
        };

        return new ModelFolder(full, Needed("checkpoint"), Needed("upscaler"), Part("distilled_lora", false), Part("inpaint_adapter", false), Needed("text_encoder", isFolder: true), Truth("prompt_expansion"))
        {
            Recipe = Recipe(),
            KnowsGuide = Truth("knows_guide"),
            ShortSide = ShortSide(),
        };
    }

    // Null where the value is no text, half a surrogate pair included.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonDocument Parse(string file)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(file));
        }
        catch (JsonException e)
        {
            throw new WeightsException($"{file} is not valid JSON ({JsonFault.Describe(e)}).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{file} cannot be read: {e.Message}", e);
        }
    }
}
