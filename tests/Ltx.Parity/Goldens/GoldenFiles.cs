using System.Security.Cryptography;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;

namespace Ltx.Parity.Goldens;

/// <summary>
/// The project's own goldens lie in the repository in a third of their size: packed, or as what makes them. A folder of plain files, which
/// everybody may give, is left as it is.
/// </summary>
internal static class GoldenFiles
{
    private const string Preset = "preset.json", Sums = "model.sha256";

    /// <summary>Makes the plain files of a folder of goldens, beside what they are made of, where they are not there yet.</summary>
    /// <exception cref="WeightsException">The folder cannot be written to, or what is made is not what the cases were computed with.</exception>
    public static void Prepare(string folder)
    {
        if (!Directory.Exists(folder)) return;
        PackedFiles.Unpack(folder);
        foreach (string seeds in Directory.EnumerateFiles(folder, "*" + SeededFile.Extension, SearchOption.AllDirectories)) SeededFile.Restore(seeds);
        if (File.Exists(Path.Combine(folder, Sums))) MakeModel(folder);
    }

    // A model that `ltx models synth` makes of a preset is the same everywhere: the repository holds the preset and the files' SHA-256.
    private static void MakeModel(string folder)
    {
        string preset = Path.Combine(folder, Preset), model = Path.Combine(folder, "model");
        if (PackedFiles.IsMadeOf(Path.Combine(model, ModelFolder.FileName), preset)) return;
        string unfinished = $"{model}.{Guid.NewGuid():N}.tmp";
        try
        {
            new ModelSynthesizer(ModelPreset.Read(preset), new SynthesisOptions()).Write(unfinished, Path.Combine(folder, "..", "..", "models"), _ => { }, CancellationToken.None);
            foreach (string[] line in File.ReadLines(Path.Combine(folder, Sums)).Select(line => line.Split("  model/"))) Check(Path.Combine(unfinished, line[1]), line[0]);
            File.SetLastWriteTimeUtc(Path.Combine(unfinished, ModelFolder.FileName), File.GetLastWriteTimeUtc(preset));
            Replace(model, unfinished, preset);
        }
        finally
        {
            if (Directory.Exists(unfinished)) Directory.Delete(unfinished, recursive: true);
        }
    }

    private static void Replace(string model, string made, string preset)
    {
        string old = made + ".old";
        try
        {
            if (Directory.Exists(model)) Directory.Move(model, old);
            Directory.Move(made, model);
        }
        // Another process was faster with the same.
        catch (IOException) when (PackedFiles.IsMadeOf(Path.Combine(model, ModelFolder.FileName), preset))
        {
        }
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }

    private static void Check(string file, string sum)
    {
        using FileStream stream = File.OpenRead(file);
        if (Convert.ToHexStringLower(SHA256.HashData(stream)) != sum) throw new WeightsException($"{file} is made otherwise than when the cases were computed with it.");
    }
}
