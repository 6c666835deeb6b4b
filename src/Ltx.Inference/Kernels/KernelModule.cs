using System.Text.RegularExpressions;

namespace Ltx.Inference.Kernels;

/// <summary>The kernels' code as <c>Cuda/build</c> compiled it: PTX, which the driver of any card of compute capability 8.0 or later takes.</summary>
internal sealed partial class KernelModule
{
    private const string Resource = "Kernels.kernels.ptx";

    private static readonly Lazy<KernelModule> Own = new(() => new KernelModule(Read()));

    private KernelModule(string text)
    {
        Text = text;
        Sources = Header("sources");
        Compiler = Header("compiler");
        Names = [.. Entry().Matches(text).Select(entry => entry.Groups[1].Value)];
    }

    /// <summary>The program's.</summary>
    public static KernelModule Instance => Own.Value;

    /// <summary>PTX.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of the sources that it was made of, headers first, each kind in the order of their names.</summary>
    public string Sources { get; }

    /// <summary>What made it.</summary>
    public string Compiler { get; }

    /// <summary>The kernels in it.</summary>
    public IReadOnlyList<string> Names { get; }

    private string Header(string name) =>
        Text.Split('\n').Take(2).Single(line => line.StartsWith($"// {name} ", StringComparison.Ordinal))[(name.Length + 4)..];

    private static string Read()
    {
        using Stream stream = typeof(KernelModule).Assembly.GetManifestResourceStream(Resource)!;
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^\.visible \.entry (\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
