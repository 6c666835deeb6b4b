using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Expansion;

/// <summary>
/// A model folder: the miniature, but its Gemma continues in a known way. Every piece of text is a token of its own and has a direction of
/// its own in the embedding; the first layer's feed-forward turns a piece's direction into those of the pieces that may follow it, and all
/// other layers do nothing. Where several may follow, the sampler chooses among them, each as probable as the others.
/// </summary>
internal sealed class ChainGemma : IDisposable
{
    /// <summary>What a chat begins after, and what ends an answer.</summary>
    public const string Start = "", End = "<end>";

    // Direction 0 is every token's, so that the gate of the feed-forward always has a number to open at.
    private const int Hidden = 48, Inner = 96, Layers = 7;
    private const int EndOfTurn = 6;

    // Large enough that nothing but the pieces that may follow is ever drawn.
    private const float Gate = 2, Loud = 9;

    /// <param name="miniature">the miniature's folder</param>
    /// <param name="next">for each piece, the pieces that may follow it</param>
    /// <param name="sees">whether it has the miniature's vision tower</param>
    public ChainGemma(string miniature, IReadOnlyDictionary<string, string[]> next, bool sees = false)
    {
        string from = System.IO.Path.Combine(miniature, "gemma-tiny"), to = Directory.CreateDirectory(System.IO.Path.Combine(Path, "gemma")).FullName;
        foreach (string file in (string[])["generation_config.json", "tokenizer_config.json"]) File.Copy(System.IO.Path.Combine(from, file), System.IO.Path.Combine(to, file));
        JsonObject tokenizer = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(from, "tokenizer.json")))!.AsObject();
        JsonObject config = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(from, "config.json")))!.AsObject();
        int vocabulary = (int)config["text_config"]!["vocab_size"]!;

        // The template ends in a line break.
        Dictionary<string, int> ids = new() { [Start] = (int)tokenizer["model"]!["vocab"]!["\n"]!, [End] = EndOfTurn };
        foreach (string piece in next.SelectMany(entry => entry.Value.Append(entry.Key)).Where(piece => !ids.ContainsKey(piece)).Distinct().ToList())
        {
            ids.Add(piece, vocabulary);
            tokenizer["added_tokens"]!.AsArray().Add(new JsonObject
            {
                ["id"] = vocabulary++,
                ["content"] = piece,
                ["single_word"] = false,
                ["lstrip"] = false,
                ["rstrip"] = false,
                ["normalized"] = false,
                ["special"] = false,
            });
        }
        config["text_config"]!["vocab_size"] = vocabulary;
        File.WriteAllText(System.IO.Path.Combine(to, "tokenizer.json"), tokenizer.ToJsonString());
        File.WriteAllText(System.IO.Path.Combine(to, "config.json"), config.ToJsonString());
        if (sees) File.Copy(System.IO.Path.Combine(from, "preprocessor_config.json"), System.IO.Path.Combine(to, "preprocessor_config.json"));
        WriteWeights(System.IO.Path.Combine(to, "model.safetensors"), vocabulary, ids, next, sees ? from : null);
        JsonObject model = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(miniature, "model.json")))!.AsObject();
        foreach (string part in (string[])["checkpoint", "upscaler", "recipe"]) model[part] = System.IO.Path.Combine(miniature, (string)model[part]!);
        (model["text_encoder"], model["prompt_expansion"]) = ("gemma", true);
        File.WriteAllText(System.IO.Path.Combine(Path, "model.json"), model.ToJsonString());
    }

    /// <summary>The model folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-chain-").FullName;

    /// <summary>One that writes a usable prompt, in one of eight wordings.</summary>
    public static Dictionary<string, string[]> Fluent => new()
    {
        [Start] = ["A red disc "],
        ["A red disc "] = ["glides slowly", "drifts gently"],
        ["glides slowly"] = [" across the soft waves"],
        ["drifts gently"] = [" across the soft waves"],
        [" across the soft waves"] = [" from left to right", " towards the viewer"],
        [" from left to right"] = [" while the light", " as the colours"],
        [" towards the viewer"] = [" while the light", " as the colours"],
        [" while the light"] = [" fades."],
        [" as the colours"] = [" fades."],
        [" fades."] = [End],
    };

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static void WriteWeights(string path, int vocabulary, Dictionary<string, int> ids, IReadOnlyDictionary<string, string[]> next, string? sight)
    {
        Assert.True(ids.Count < Hidden, "There are more pieces than directions.");
        Dictionary<string, int> direction = ids.Keys.Select((piece, i) => (piece, i)).ToDictionary(pair => pair.piece, pair => pair.i + 1);
        Dictionary<string, (int[] Shape, float[] Values)> tensors = new(StringComparer.Ordinal);
        float[] Add(string name, params int[] shape) => (tensors[$"language_model.model.{name}"] = (shape, new float[shape.Aggregate(1, (a, b) => a * b)])).Values;

        float[] table = Add("embed_tokens.weight", vocabulary, Hidden);
        for (int id = 0; id < vocabulary; id++) table[id * Hidden] = 1;
        foreach ((string piece, int id) in ids) table[id * Hidden + direction[piece]] = 1;
        Array.Fill(Add("norm.weight", Hidden), Loud);
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"layers.{layer}.");
            foreach (string norm in (string[])["input", "post_attention", "pre_feedforward", "post_feedforward"]) Add($"{name}{norm}_layernorm.weight", Hidden);
            foreach ((string projection, int rows, int columns) in ((string, int, int)[])[("q", 64, Hidden), ("k", 32, Hidden), ("v", 32, Hidden), ("o", Hidden, 64)]) Add($"{name}self_attn.{projection}_proj.weight", rows, columns);
            foreach (string norm in (string[])["q", "k"]) Add($"{name}self_attn.{norm}_norm.weight", 16);
            float[] gate = Add($"{name}mlp.gate_proj.weight", Inner, Hidden), up = Add($"{name}mlp.up_proj.weight", Inner, Hidden), down = Add($"{name}mlp.down_proj.weight", Hidden, Inner);
            if (layer > 0) continue;
            Array.Fill(tensors[$"language_model.model.{name}post_feedforward_layernorm.weight"].Values, Loud);
            foreach ((string piece, int d) in direction)
            {
                gate[d * Hidden] = Gate;
                up[d * Hidden + d] = 1;
                foreach (string follower in next.GetValueOrDefault(piece) ?? []) down[direction[follower] * Inner + d] = 1;
            }
        }
        if (sight is not null) AddSight(sight, tensors);
        Write(path, tensors);
    }

    // The vision tower and its projector as they are.
    private static void AddSight(string folder, Dictionary<string, (int[] Shape, float[] Values)> tensors)
    {
        LibTorch.Load();
        using TensorArchive archive = TensorArchive.OpenIndex(System.IO.Path.Combine(folder, "model.safetensors.index.json"));
        foreach (string name in archive.Names.Where(name => name.StartsWith("vision_tower.", StringComparison.Ordinal) || name.StartsWith("multi_modal_projector.", StringComparison.Ordinal)))
        {
            (SafetensorsFile file, TensorEntry entry) = archive.Find(name);
            using Tensor values = file.View(entry).to(ScalarType.Float32);
            tensors.Add(name, ([.. entry.Shape.Select(size => (int)size)], values.data<float>().ToArray()));
        }
    }

    private static void Write(string path, Dictionary<string, (int[] Shape, float[] Values)> tensors)
    {
        JsonObject header = [];
        using MemoryStream data = new();
        foreach ((string name, (int[] shape, float[] values)) in tensors)
        {
            long begin = data.Length;
            data.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
            header[name] = new JsonObject { ["dtype"] = "F32", ["shape"] = JsonSerializer.SerializeToNode(shape), ["data_offsets"] = new JsonArray(begin, data.Length) };
        }
        string json = header.ToJsonString();
        json = json.PadRight((json.Length + 7) / 8 * 8);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. Encoding.UTF8.GetBytes(json), .. data.ToArray()]);
    }
}
