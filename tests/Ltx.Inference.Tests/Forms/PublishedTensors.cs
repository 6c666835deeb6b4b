using System.Globalization;
using System.Text.RegularExpressions;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Forms;

/// <summary>The lists of the published files' tensors that lie beside this.</summary>
internal static partial class PublishedTensors
{
    /// <param name="file">how its section begins</param>
    /// <returns>name, type and shape of every tensor, as lines</returns>
    public static IReadOnlyList<string> Of(string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "Ltx.Inference.Tests", "Forms", "ltx-2.3-tensors.txt"));
        int start = Array.FindIndex(lines, line => line.StartsWith($"# {file}", StringComparison.Ordinal));
        Assert.True(start >= 0, $"There is no section {file}.");
        return [.. lines.Skip(start + 1).TakeWhile(line => !line.StartsWith('#')).SelectMany(Expand).Order(StringComparer.Ordinal)];
    }

    /// <summary>Tensors as lines of the same form.</summary>
    public static IReadOnlyList<string> Lines(IEnumerable<ExpectedTensor> tensors) =>
        [.. tensors.Select(tensor => $"{tensor.Name}\t{(tensor.Type == ElementType.Float32 ? "F32" : "BF16")}\t[{string.Join(", ", tensor.Shape)}]").Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Expand(string line) => Range().Match(line) is not { Success: true } range
        ? [line]
        : Enumerable.Range(0, int.Parse(range.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + 1).Select(i => Range().Replace(line, i.ToString(CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"\{0-(\d+)\}")]
    private static partial Regex Range();
}
