using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Diagnosis;

/// <summary>`ltx doctor --plan`: how a size of clip fits on the usual cards, and on this machine's.</summary>
internal static class MemoryPlans
{
    /// <summary>What is planned for where no model is named: the model that the project exists for, whose files need not be there.</summary>
    public const string DefaultModel = "ltx-2.3-22b";

    private const double Gigabyte = 1e9;
    private const int Bfloat16 = 2;

    /// <param name="text">WIDTHxHEIGHTxFRAMES</param>
    public static RequestShape Size(string text)
    {
        string[] parts = text.Split('x');
        int[] numbers = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        if (numbers is not [> 0, > 0, > 0] || numbers.Any(number => number > 1 << 14)) throw new InferenceException(Fault.Input, $"--plan is \"{text}\", and must be WIDTHxHEIGHTxFRAMES, for instance 1920x1088x121.");
        return new RequestShape(numbers[2], numbers[1], numbers[0]);
    }

    /// <summary>A size with what the recipe, the model's own or the settings', makes of it.</summary>
    /// <param name="model">folder, name under models/, or name of a preset</param>
    /// <param name="size">of the clip</param>
    /// <param name="settings">the server's</param>
    public static RequestShape Of(string model, RequestShape size, InpaintOptions settings) =>
        (IsPreset(model) ? RecipeChoice.ForDescribed(settings) : new RecipeChoice(ModelLocator.Open(model), settings)).Usual(size);

    /// <summary>Plans for a model folder by its headers, or for a model that a preset describes.</summary>
    /// <param name="model">folder, name under models/, or name of a preset</param>
    /// <param name="sees">whether the text model is shown a frame</param>
    public static MemoryPlanner Planner(string model, bool sees)
    {
        return IsPreset(model)
            ? MemoryPlanner.For(ModelPreset.Read(PresetFile(model)), torch.ScalarType.BFloat16, DeviceType.CUDA, sees)
            : MemoryPlanner.For(ModelLocator.Open(model), torch.ScalarType.BFloat16, DeviceType.CUDA, sees);
    }

    /// <summary>Writes what each card would do, and what each stage would hold on it.</summary>
    /// <param name="host">bytes of host memory that are left</param>
    public static void Write(RequestShape request, MemoryPlanner planner, long host, TextWriter output)
    {
        List<(string Card, bool Float8, MemoryPlan Plan)> plans = [.. Cards().SelectMany(card => new[] { false, true }.Select(float8 => (card.Name, float8, planner.Choose(request, card.Available, float8))))];
        WriteRows(
            output, ["card", "blocks", "text encoder", "streamed", "pinned", "pristine", "VAE", "worst stage", "weights", "tensors", "workspace", "slack", "peak", "free"],
            plans.Select(row => Row(row.Card, row.Float8, row.Plan, planner.Pristine(row.Plan, host))));
        output.WriteLine();
        output.WriteLine("Peak of each stage:");
        string[] stages = [.. plans[0].Plan.Stages.Select(stage => stage.Stage.Name())];
        WriteRows(
            output, ["card", "blocks", .. stages],
            plans.Select(row => (string[])[row.Card, Blocks(row.Float8), .. row.Plan.Stages.Select(stage => Bytes(stage.Total))]));
        output.WriteLine();
        output.WriteLine($"Recipe {request.Recipe.Name}. {planner.SizeSentence(request)}".TrimEnd());
        output.WriteLine($"{request}, bfloat16; sizes in GB (10^9 bytes). What is streamed is pinned in host memory; a text encoder that visits or streams is read again for every new prompt.");
        output.WriteLine($"Pristine weights, which LoRAs are merged into, and the model's own LoRAs ({Bytes(planner.PristineBytes)} GB) stay in pinned host memory where there is room for them, for what is streamed and for {Bytes(PristinePlan.Margin)} GB more; this host has {Bytes(host)} GB left. Otherwise the files are read again.");
    }

    internal static string PresetFile(string model) => Path.Combine(ModelLocator.Models, "presets", model + ".json");

    internal static bool IsPreset(string model) => !Directory.Exists(model) && !Directory.Exists(Path.Combine(ModelLocator.Models, model)) && File.Exists(PresetFile(model));

    internal static IEnumerable<CardMemory> Cards()
    {
        foreach (CardMemory card in CardMemory.Usual) yield return card;
        LibTorch.Load();
        int devices = LibTorch.HasCuda && torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        for (int device = 0; device < devices; device++)
        {
            if (CudaMemory.Read(device) is { } memory) yield return new CardMemory($"cuda:{device}", memory.Free);
        }
    }

    private static string[] Row(string card, bool float8, MemoryPlan plan, PristinePlan pristine)
    {
        MemoryArrangement arrangement = plan.Arrangement;
        StagePeak worst = plan.Worst;
        string[] sizes = [Bytes(worst.Weights), Bytes(worst.Activations), Bytes(worst.Workspace), Bytes(worst.Slack), Bytes(worst.Total), plan.Fits ? Bytes(plan.Available - worst.Total) : "TOO LARGE"];
        return [card, Blocks(float8), arrangement.Text.ToString().ToLowerInvariant(), Streamed(arrangement), Bytes(plan.PinnedHost), pristine.Source.ToString().ToLowerInvariant(), Vae(arrangement), worst.Stage.Name(), .. sizes];
    }

    private static string Blocks(bool float8) => float8 ? "float8" : "bfloat16";

    private static string Streamed(MemoryArrangement arrangement) => arrangement.StreamedBlocks == 0 ? "none" : $"{arrangement.StreamedBlocks} blocks";

    private static string Vae(MemoryArrangement arrangement) => arrangement.VaeTiling is { } tiles ? $"tiles of {tiles.Width.Size}" : string.Create(CultureInfo.InvariantCulture, $"{arrangement.VaeElements * Bfloat16 / Gigabyte:0.00} GB pieces");

    internal static string Bytes(long bytes) => (bytes / Gigabyte).ToString("0.0", CultureInfo.InvariantCulture);

    internal static void WriteRows(TextWriter output, string[] head, IEnumerable<string[]> rows)
    {
        List<string[]> all = [head, .. rows];
        int[] widths = [.. head.Select((_, column) => all.Max(row => row[column].Length))];
        // Numbers end where their heads do.
        foreach (string[] row in all) output.WriteLine(string.Join("  ", row.Select((cell, column) => IsNumber(all[1][column]) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
    }

    private static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
