using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Generation;

/// <summary>The miniature with one tensor full of the same number.</summary>
internal sealed class BrokenModel : IDisposable
{
    /// <summary>Bytes of a bfloat16, the high one first: no number, and the largest one, of which the sum of two is infinite.</summary>
    public const int NaN = 0x7FC0, Huge = 0x7F7F;

    /// <param name="part">the key of <c>model.json</c> that names the file</param>
    /// <param name="tensor">in bfloat16 or float32</param>
    /// <param name="number">what its elements, or their upper halves, become</param>
    public BrokenModel(string part, string tensor, int number)
    {
        JsonObject model = JsonNode.Parse(System.IO.File.ReadAllText(System.IO.Path.Combine(Repository.Miniature, ModelFolder.FileName)))!.AsObject();
        foreach (string key in (string[])["checkpoint", "upscaler", "text_encoder", "recipe"]) model[key] = System.IO.Path.Combine(Repository.Miniature, (string)model[key]!);
        File = System.IO.Path.Combine(Path, "broken.safetensors");
        System.IO.File.Copy((string)model[part]!, File);
        TensorEntry entry;
        using (SafetensorsFile file = SafetensorsFile.Open(File)) entry = file.Tensors[tensor];
        byte[] values = new byte[entry.Length];
        for (int i = 0; i < values.Length; i += 2) (values[i], values[i + 1]) = ((byte)number, (byte)(number >> 8));
        using (FileStream stream = System.IO.File.OpenWrite(File))
        {
            stream.Position = entry.Offset;
            stream.Write(values);
        }
        model[part] = File;
        System.IO.File.WriteAllText(System.IO.Path.Combine(Path, ModelFolder.FileName), JsonSerializer.Serialize(model));
    }

    /// <summary>The file with the tensor.</summary>
    public string File { get; }

    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-broken-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
