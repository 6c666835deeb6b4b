using Ltx.Inference.Native;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>Compares what a file has with what its form asks for. One sentence a kind of fault, with the first tensor and how many more.</summary>
internal static class FormCheck
{
    /// <param name="archive">the file or files</param>
    /// <param name="expected">all tensors of the form</param>
    /// <param name="others">beginnings of names that may be there as well</param>
    public static IReadOnlyList<string> Faults(TensorArchive archive, IReadOnlyList<ExpectedTensor> expected, IReadOnlyList<string>? others = null)
    {
        List<string> missing = [], shapes = [], types = [];
        HashSet<string> known = new(expected.Count, StringComparer.Ordinal);
        foreach (ExpectedTensor tensor in expected)
        {
            known.Add(tensor.Name);
            if (!archive.Contains(tensor.Name))
            {
                missing.Add($"\"{tensor.Name}\" ({Describe(tensor.Shape)})");
                continue;
            }
            TensorEntry actual = archive.Find(tensor.Name).Entry;
            if (!actual.Shape.AsSpan().SequenceEqual(tensor.Shape)) shapes.Add($"\"{tensor.Name}\" is {Describe(actual.Shape)}, and its config asks for {Describe(tensor.Shape)}");
            else if (Wrong(archive, tensor, actual, known) is { } fault) types.Add(fault);
        }
        List<string> extra = [.. archive.Names
            .Where(name => !known.Contains(name) && others?.Any(other => name.StartsWith(other, StringComparison.Ordinal)) != true)
            .Order(StringComparer.Ordinal).Select(name => $"\"{name}\"")];
        List<string> faults = [];
        Tell(faults, missing, "lacks the tensor", "lacks {0} tensors, the first is");
        Tell(faults, shapes, "has a tensor of another shape:", "has {0} tensors of other shapes, the first:");
        Tell(faults, types, "has a tensor of a type that cannot be used:", "has {0} tensors of types that cannot be used, the first:");
        Tell(faults, extra, "has a tensor that its config has no place for:", "has {0} tensors that its config has no place for, the first is");
        return faults;
    }

    public static string Describe(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";

    // Wider and narrower floating-point numbers are converted while loading; float8 means nothing without its scale.
    private static string? Wrong(TensorArchive archive, ExpectedTensor tensor, TensorEntry actual, HashSet<string> known)
    {
        if (!actual.Type.IsFloatingPoint()) return $"\"{tensor.Name}\" is {actual.Type}, and {tensor.Type} in the published file";
        if (!actual.Type.IsFloat8()) return null;
        if (actual.Type != ElementType.Float8E4M3 || !Float8Form.CanBeQuantised(tensor)) return $"\"{tensor.Name}\" is {actual.Type}, and only linear layers of blocks can be in float8 (E4M3)";
        string layer = tensor.Name[..^".weight".Length];
        (string weightScale, string inputScale) = (layer + Float8Form.WeightScale, layer + Float8Form.InputScale);
        known.Add(weightScale);
        known.Add(inputScale);
        if (Scalar(archive, weightScale) is { } fault) return fault;
        return archive.Contains(inputScale) ? Scalar(archive, inputScale) : null;
    }

    private static string? Scalar(TensorArchive archive, string name)
    {
        if (!archive.Contains(name)) return $"\"{name[..name.LastIndexOf('.')]}.weight\" is in float8 and has no \"{name}\"";
        TensorEntry entry = archive.Find(name).Entry;
        return entry.Type == ElementType.Float32 && entry.Shape.Length == 0 ? null : $"\"{name}\" is not one Float32 number";
    }

    private static void Tell(List<string> faults, List<string> found, string one, string many)
    {
        if (found.Count == 1) faults.Add($"{one} {found[0]}.");
        else if (found.Count > 1) faults.Add($"{string.Format(System.Globalization.CultureInfo.InvariantCulture, many, found.Count)} {found[0]}.");
    }
}
