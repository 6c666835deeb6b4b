using System.Globalization;
using System.Text.Json;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// The folder of what was prepared: a safetensors file for every clip, and one for every caption that differs. Each has its name when it is whole, so
/// that whoever was killed goes on where it was; what does not open is made anew.
/// </summary>
internal sealed class SampleCache
{
    private const string Ending = ".safetensors";

    private const string Latent = "latent", Keep = "keep", Reference = "reference", Context = "context";

    private const string Rate = "frames_per_second", ReferenceRate = "reference_frames_per_second", Notes = "notes";

    private readonly string folder;

    /// <param name="folder">is made where it is not there; one process at a time writes to it</param>
    public SampleCache(string folder) => this.folder = Directory.CreateDirectory(folder).FullName;

    public string ClipFile(string key) => Path.Combine(folder, $"clip-{key}{Ending}");

    public string ContextFile(string key) => Path.Combine(folder, $"context-{key}{Ending}");

    /// <summary>What was noted of a clip when it was prepared; null where it is not, or not wholly.</summary>
    public static IReadOnlyList<string>? FindNotes(string file)
    {
        using SafetensorsFile? found = Find(file);
        return found is null ? null : JsonSerializer.Deserialize<string[]>(found.Metadata[Notes]);
    }

    /// <summary>Whether a context is there.</summary>
    public static bool HasContext(string file)
    {
        using SafetensorsFile? found = Find(file);
        return found is not null;
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteClip(string file, EncodedSample clip, IReadOnlyList<string> notes)
    {
        SortedDictionary<string, Tensor> tensors = new(StringComparer.Ordinal) { [Latent] = clip.Latent };
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            [Rate] = Text(clip.FramesPerSecond),
            [Notes] = JsonSerializer.Serialize(notes),
        };
        if (clip.Keep is not null) tensors[Keep] = clip.Keep;
        if (clip.Reference is { } reference) (tensors[Reference], metadata[ReferenceRate]) = (reference.Latent, Text(reference.FramesPerSecond));
        TensorFile.Write(file, tensors, metadata);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteContext(string file, Tensor context) => TensorFile.Write(file, [new(Context, context)], new Dictionary<string, string>());

    /// <summary>A clip and its caption, on a device and in a type.</summary>
    /// <exception cref="WeightsException">A file is not there any more, or damaged.</exception>
    public static TrainingSample Read(string clipFile, string contextFile, Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile clip = SafetensorsFile.Open(clipFile), caption = SafetensorsFile.Open(contextFile);
        Tensor latent = Read(clip, Latent, type), context = Read(caption, Context, type);
        Tensor? keep = clip.Tensors.ContainsKey(Keep) ? Read(clip, Keep, ScalarType.Bool) : null;
        ReferenceLatent? reference = !clip.Tensors.ContainsKey(Reference) ? null
            : new ReferenceLatent(Read(clip, Reference, type), Number(clip.Metadata[ReferenceRate]));
        return new TrainingSample(latent, Number(clip.Metadata[Rate]), context, keep, reference);

        // A copy always: what looks into the file goes with it.
        Tensor Read(SafetensorsFile file, string name, ScalarType type) =>
            file.View(file.Tensors[name]).to(type, device, copy: true).MoveToOuterDisposeScope();
    }

    private static SafetensorsFile? Find(string file)
    {
        if (!File.Exists(file)) return null;
        try
        {
            return SafetensorsFile.Open(file);
        }
        catch (WeightsException)
        {
            return null;
        }
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
