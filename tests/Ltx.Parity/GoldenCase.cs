using System.Text.Json;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>One file of <c>cases/</c>: inputs <c>in.*</c>, what the reference made of them <c>out.*</c>, and scalars as JSON.</summary>
internal sealed class GoldenCase(string path) : IDisposable
{
    private readonly SafetensorsFile file = SafetensorsFile.Open(path);

    public string Name { get; } = Path.GetFileNameWithoutExtension(path);

    /// <summary>Names of the tensors that begin with <paramref name="prefix"/>.</summary>
    public IEnumerable<string> Names(string prefix) => file.Tensors.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public bool Has(string name) => file.Tensors.ContainsKey(name);

    /// <summary>The tensor by its whole name, on the CPU, in the file's type; looks into the file.</summary>
    public Tensor Tensor(string name) => file.View(file.Tensors[name]);

    /// <summary>The tensor where and how the run computes.</summary>
    public Tensor Input(string name, ParityContext context)
    {
        Tensor tensor = Tensor(name);
        return tensor.is_floating_point() ? tensor.to(context.Type, context.Device) : tensor.to(context.Device);
    }

    public bool HasValue(string key) => file.Metadata.ContainsKey(key);

    /// <summary>A scalar, list or object of the metadata.</summary>
    public T Value<T>(string key) => JsonSerializer.Deserialize<T>(file.Metadata[key])!;

    /// <summary>A metadata entry that is plain text.</summary>
    public string Text(string key) => file.Metadata[key];

    public void Dispose() => file.Dispose();
}
