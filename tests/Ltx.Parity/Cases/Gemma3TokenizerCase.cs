using System.Text.Json;
using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Texts to ids and back with the real Gemma 3 tokenizer. Its golden is a JSON file, not a safetensors file.</summary>
internal static class Gemma3TokenizerCase
{
    public const string FileName = "gemma3_tokenizer.json";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static void Run(string golden, string tokenizerFile, ParityReport report)
    {
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(tokenizerFile);
        Item[] items = JsonSerializer.Deserialize<Item[]>(File.ReadAllBytes(golden), Options)!;
        for (int i = 0; i < items.Length; i++)
        {
            IReadOnlyList<int> ids = tokenizer.Encode(items[i].Text, addBos: true);
            report.Compare($"{i}.ids", tensor(ids.ToArray()), tensor(items[i].Ids), CaseTolerance.Exact);
            report.Compare($"{i}.decoded", CodeUnits(tokenizer.Decode(items[i].Ids)), CodeUnits(items[i].Decoded), CaseTolerance.Exact);
        }
    }

    private static Tensor CodeUnits(string text) => tensor(text.Select(unit => (int)unit).ToArray());

    private sealed record Item(string Text, int[] Ids, string Decoded);
}
