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

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private string Case(string name) => System.IO.Path.Combine(Path, "cases", name + ".safetensors");
}
