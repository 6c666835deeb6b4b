using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Parity;

/// <summary>A folder of the goldens' form with the golden model and a choice of cases, to break.</summary>
internal sealed class GoldenFolder : IDisposable
{
    public GoldenFolder()
    {
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "cases"));
        Directory.CreateSymbolicLink(System.IO.Path.Combine(Path, "model"), System.IO.Path.Combine(Repository.Goldens, "model"));
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-goldens-").FullName;

    /// <summary>Adds a copy of a golden case under a name.</summary>
    public void AddCase(string name, string original) => File.Copy(System.IO.Path.Combine(Repository.Goldens, "cases", original + ".safetensors"), Case(name));

    /// <summary>Changes the first number of a float32 tensor.</summary>
    public void Damage(string name, string tensor)
    {
        long at;
        using (SafetensorsFile file = SafetensorsFile.Open(Case(name))) at = file.Tensors[tensor].Offset;
        using FileStream stream = File.OpenWrite(Case(name));
        stream.Position = at;
        stream.Write(BitConverter.GetBytes(0.5f));
    }

    /// <summary>Moves a float32 tensor away from what is recorded, by a relative error.</summary>
    public void Disturb(string name, string tensor, double error)
    {
        float[] values, noise;
        long at;
        using (TorchSharp.DisposeScope scope = TorchSharp.torch.NewDisposeScope())
        using (SafetensorsFile file = SafetensorsFile.Open(Case(name)))
        {
            at = file.Tensors[tensor].Offset;
            values = file.View(file.Tensors[tensor]).data<float>().ToArray();
            noise = Seeded.Normal(1, [values.Length]).data<float>().ToArray();
        }
        double scale = error * Norm(values) / Norm(noise);
        using FileStream stream = File.OpenWrite(Case(name));
        stream.Position = at;
        stream.Write(MemoryMarshal.AsBytes(values.Zip(noise, (value, by) => (float)(value + scale * by)).ToArray().AsSpan()));
    }

    /// <summary>Writes into the metadata what the reference's float32 is said to differ from its float64.</summary>
    public void RecordSensitivity(string name, string tensor, double error)
    {
        byte[] bytes = File.ReadAllBytes(Case(name));
        int length = (int)BitConverter.ToInt64(bytes);
        JsonNode header = JsonNode.Parse(bytes.AsSpan(sizeof(long), length))!;
        JsonNode metadata = header["__metadata__"] ??= new JsonObject();
        metadata["float32_relative_error"] = new JsonObject { [tensor] = error }.ToJsonString();
        byte[] changed = JsonSerializer.SerializeToUtf8Bytes(header);
        File.WriteAllBytes(Case(name), [.. BitConverter.GetBytes((long)changed.Length), .. changed, .. bytes.AsSpan(sizeof(long) + length)]);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private string Case(string name) => System.IO.Path.Combine(Path, "cases", name + ".safetensors");
}
