using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Generation;

/// <summary>The miniature with one tensor full of NaN.</summary>
internal sealed class BrokenModel : IDisposable
{
    /// <param name="part">the key of <c>model.json</c> that names the file</param>
    /// <param name="tensor">in bfloat16</param>
    public BrokenModel(string part, string tensor)
    {
        JsonObject model = JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Repository.Miniature, ModelFolder.FileName)))!.AsObject();
        foreach (string key in (string[])["checkpoint", "upscaler", "text_encoder"]) model[key] = System.IO.Path.Combine(Repository.Miniature, (string)model[key]!);
        string broken = System.IO.Path.Combine(Path, "broken.safetensors");
        File.Copy((string)model[part]!, broken);
        TensorEntry entry;
        using (SafetensorsFile file = SafetensorsFile.Open(broken)) entry = file.Tensors[tensor];
        byte[] values = new byte[entry.Length];
        // 0x7FC0 in every number, low byte first
        for (int i = 0; i < values.Length; i += 2) (values[i], values[i + 1]) = (0xC0, 0x7F);
        using (FileStream stream = File.OpenWrite(broken))
        {
            stream.Position = entry.Offset;
            stream.Write(values);
        }
        model[part] = broken;
        File.WriteAllText(System.IO.Path.Combine(Path, ModelFolder.FileName), JsonSerializer.Serialize(model));
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-broken-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
