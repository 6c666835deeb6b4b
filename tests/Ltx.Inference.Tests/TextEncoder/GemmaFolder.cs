using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.TextEncoder;

/// <summary>A copy of the golden model's Gemma to break or to rearrange.</summary>
internal sealed class GemmaFolder : IDisposable
{
    public static string Golden => System.IO.Path.Combine(Repository.Goldens, "model", "gemma-tiny");

    public GemmaFolder()
    {
        foreach (string file in Directory.GetFiles(Golden)) File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-gemma-").FullName;

    /// <summary>A model of which there is only the text encoder.</summary>
    public static ModelFolder ModelOf(string folder) => new(folder, "", "", null, null, folder, PromptExpansion: false);

    public void ChangeConfig(Action<JsonObject> change)
    {
        string file = System.IO.Path.Combine(Path, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    /// <summary>Replaces the shards by one file whose tensors are named anew; a null name leaves one out.</summary>
    public void WriteOneFile(Func<string, string?> rename)
    {
        using MemoryStream data = new();
        JsonObject header = [];
        foreach (string shard in Directory.GetFiles(Path, "*.safetensors").Order())
        {
            using (SafetensorsFile file = SafetensorsFile.Open(shard))
            {
                byte[] bytes = File.ReadAllBytes(shard);
                foreach (TensorEntry entry in file.Tensors.Values)
                {
                    if (rename(entry.Name) is not { } name) continue;
                    header[name] = new JsonObject
                    {
                        // Every tensor of the golden Gemma is bfloat16.
                        ["dtype"] = "BF16",
                        ["shape"] = JsonSerializer.SerializeToNode(entry.Shape),
                        ["data_offsets"] = new JsonArray(data.Length, data.Length + entry.Length),
                    };
                    data.Write(bytes, (int)entry.Offset, (int)entry.Length);
                }
            }
            File.Delete(shard);
        }
        File.Delete(System.IO.Path.Combine(Path, "model.safetensors.index.json"));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        File.WriteAllBytes(System.IO.Path.Combine(Path, "model.safetensors"), [.. BitConverter.GetBytes((long)json.Length), .. json, .. data.ToArray()]);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
