using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>What a synthetic model folder is made of: the configs and names of a published one, as a JSON file says them.</summary>
/// <param name="Description">for a person</param>
/// <param name="Checkpoint">the monolith</param>
/// <param name="Upscaler">the latent upsampler</param>
/// <param name="DistilledLora">null where the model has none</param>
/// <param name="InpaintAdapter">null where the model has none</param>
/// <param name="TextEncoder">Gemma and its tokenizer</param>
/// <param name="ShortSide">see <see cref="ModelFolder.ShortSide"/></param>
public sealed record ModelPreset(
    string Description, ModelPreset.File Checkpoint, ModelPreset.File Upscaler, ModelPreset.Lora? DistilledLora, ModelPreset.Lora? InpaintAdapter, ModelPreset.Gemma TextEncoder, int? ShortSide = null)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>One safetensors file with a config.</summary>
    /// <param name="Name">the file's</param>
    /// <param name="Metadata">besides the config</param>
    public sealed record File(string Name, JsonObject Config, IReadOnlyDictionary<string, string> Metadata);

    /// <summary>A LoRA.</summary>
    /// <param name="Rank">of every module that is not smaller itself</param>
    /// <param name="Modules">regular expression over the transformer's layers</param>
    public sealed record Lora(string Name, int Rank, string Modules, IReadOnlyDictionary<string, string> Metadata);

    /// <summary>The text encoder.</summary>
    /// <param name="Name">the folder's</param>
    /// <param name="Files">small files by name; <c>config.json</c> among them</param>
    /// <param name="ShardBytes">a file of weights is not longer</param>
    /// <param name="Tokenizer">folder with a tokenizer of at most as many tokens, below the folder of the models</param>
    public sealed record Gemma(string Name, IReadOnlyDictionary<string, JsonObject> Files, long ShardBytes, string Tokenizer);

    /// <exception cref="WeightsException">The file is missing or is no preset.</exception>
    public static ModelPreset Read(string path)
    {
        try
        {
            ModelPreset preset = JsonSerializer.Deserialize<ModelPreset>(System.IO.File.ReadAllBytes(path), Options) ?? throw new JsonException("it is null");
            if (!preset.TextEncoder.Files.ContainsKey("config.json")) throw new JsonException("its text_encoder has no config.json");
            return preset;
        }
        catch (JsonException e)
        {
            throw new WeightsException($"{path} is not a preset: {JsonFault.Describe(e)}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
