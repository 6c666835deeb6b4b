using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CliWrap;
using CliWrap.Buffered;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Kernels;
using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Video;
using TorchSharp;

namespace Ltx.Server.Diagnosis;

/// <summary>Looks at everything that a run needs.</summary>
internal static class Doctor
{
    // The miniature runs in this; so does anything that plans to run on a GPU.
    private const long EnoughMemory = 4L << 30;

    /// <param name="settings">the server's, which name the recipe</param>
    /// <param name="cancellation">ends what is asked of other programs</param>
    public static async IAsyncEnumerable<Finding> ExamineAsync(InpaintOptions settings, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Finding libtorch = LibTorchFinding();
        yield return libtorch;
        if (libtorch.Verdict == Verdict.Good)
        {
            yield return await GpuAsync(cancellation);
            yield return Attention();
            yield return Kernels();
            yield return Float8Products(settings);
        }
        foreach (string tool in new[] { "ffmpeg", "ffprobe" }) yield return await ToolAsync(tool, cancellation);
        yield return Memory();
        foreach (Finding model in Models(settings)) yield return model;
    }

    private static Finding LibTorchFinding()
    {
        try
        {
            LibTorchFacts facts = LibTorchFacts.Read();
            if (!LibTorch.KeepsArguments) return new Finding("libtorch", Verdict.Missing, "TorchSharp.dll lets the collector free what libtorch works on", LibTorch.BuildAgain);
            CudnnVersion? cudnn = CudnnVersion.OfLibTorch();
            string kind = !LibTorch.HasCuda ? "CPU" : cudnn is null ? "CUDA, without cuDNN," : $"CUDA with cuDNN {cudnn}";
            return new Finding("libtorch", Verdict.Good, $"{facts.Version} for {kind} in {LibTorch.Folder}, {facts.Threads} threads, BLAS: {facts.Blas}", cudnn is { IsOld: true } ? $"Hopper and Blackwell cards would miss a later cuDNN. {CudnnVersion.Remedy}" : null);
        }
        catch (InferenceException e)
        {
            return new Finding("libtorch", Verdict.Missing, e.Message);
        }
    }

    private static async Task<Finding> GpuAsync(CancellationToken cancellation)
    {
        string? cards = await CardsAsync(cancellation);
        int devices = LibTorch.HasCuda && torch.cuda.is_available() ? torch.cuda.device_count() : 0;
        if (devices > 0) return new Finding("gpu", Verdict.Good, cards ?? $"{devices} CUDA device{(devices == 1 ? "" : "s")}");
        string advice = $"For a CUDA card, set {LibTorch.FolderVariable} to the torch/lib folder of a CUDA PyTorch of 2.10 or later, or build with -p:Torch=cuda.";
        return (cards, LibTorch.HasCuda) switch
        {
            (null, true) => new Finding("gpu", Verdict.Absent, "no CUDA device; the miniature model runs on the CPU", "If there is a card, install its driver: nvidia-smi must find it."),
            (null, false) => new Finding("gpu", Verdict.Absent, "none found, and this libtorch has no CUDA; the miniature model runs on the CPU", advice),
            (_, true) => new Finding("gpu", Verdict.Missing, $"{cards}, but this libtorch cannot use it", "The driver may be older than libtorch's CUDA."),
            (_, false) => new Finding("gpu", Verdict.Missing, $"{cards}, but this libtorch has no CUDA", advice),
        };
    }

    // Of the device and type that a run takes where nothing else is asked for.
    private static Finding Attention()
    {
        bool isCuda = LibTorch.HasCuda && torch.cuda.is_available();
        try
        {
            AttentionKernel kernel = AttentionKernel.Of(isCuda ? torch.CUDA : torch.CPU, isCuda ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32);
            return new Finding("attention", Verdict.Good, kernel.Sentence, kernel.Advice);
        }
        catch (Exception e) when (e is InferenceException or ExternalException)
        {
            return new Finding("attention", Verdict.Missing, e.Message.Split('\n')[0]);
        }
    }

    // Of the device that a run takes where nothing else is asked for.
    private static Finding Kernels()
    {
        if (!LibTorch.HasCuda || !torch.cuda.is_available()) return new Finding("kernels", Verdict.Absent, "none run on a CPU: libtorch's operators compute everything");
        string sentence = KernelLaunchers.Describe(torch.CUDA);
        return KernelLaunchers.AreRefused(torch.CUDA) ? new Finding("kernels", Verdict.Missing, sentence) : new Finding("kernels", Verdict.Good, sentence);
    }

    private static Finding Float8Products(InpaintOptions settings)
    {
        if (settings.Weights != WeightFormat.Float8Products)
        {
            return new Finding("float8", Verdict.Absent, "products of float8 are off: weights in float8 are multiplied in bfloat16. Inpaint:Weights fp8-products is faster, and less exact");
        }
        bool kernels = LibTorch.HasCuda && torch.cuda.is_available() && KernelLaunchers.RunOn(torch.CUDA);
        return kernels
            ? new Finding("float8", Verdict.Good, "products of float8 are on")
            : new Finding(
                "float8", Verdict.Good, "products of float8 are on, and slower than bfloat16: without the project's kernels, rounding takes longer than float8 tensor cores save",
                "Inpaint:Weights fp8 keeps the weights as small, and multiplies them in bfloat16.");
    }

    // The driver's own tool; null where there is none, or it finds no card.
    private static async Task<string?> CardsAsync(CancellationToken cancellation)
    {
        try
        {
            BufferedCommandResult answer = await Cli.Wrap("nvidia-smi").WithArguments(["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"])
                .WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(cancellation);
            string[] lines = answer.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return answer.ExitCode == 0 && lines.Length > 0 ? string.Join("; ", lines) : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static async Task<Finding> ToolAsync(string tool, CancellationToken cancellation)
    {
        try
        {
            return new Finding(tool, Verdict.Good, await MediaTools.VersionAsync(tool, MediaLimits.Default, cancellation));
        }
        catch (MediaException e)
        {
            return new Finding(tool, Verdict.Missing, e.Message, "Install your distribution's ffmpeg package.");
        }
    }

    private static Finding Memory()
    {
        long bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        string fact = string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB, {Environment.ProcessorCount} processors");
        return bytes >= EnoughMemory ? new Finding("memory", Verdict.Good, fact) : new Finding("memory", Verdict.Missing, fact, "The miniature model wants 4 GiB.");
    }

    private static IEnumerable<Finding> Models(InpaintOptions settings)
    {
        string folder = ModelLocator.Models;
        string[] candidates = Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Where(model => File.Exists(Path.Combine(model, ModelFolder.FileName)))] : [];
        if (candidates.Length == 0) yield return new Finding("models", Verdict.Missing, $"none under {folder}", $"Set {ModelLocator.HomeVariable} to the folder that holds models/.");
        foreach (string candidate in candidates) yield return Model(candidate, settings);
    }

    private static Finding Model(string folder, InpaintOptions settings)
    {
        string name = Path.GetFileName(folder);
        try
        {
            ModelFolder model = ModelLocator.OpenFolder(folder);
            using Checkpoint checkpoint = Checkpoint.Open(model.Checkpoint);
            return new Finding("model", Verdict.Good, $"{name} ({folder})", new RecipeChoice(model, settings).Sentence);
        }
        catch (Exception e) when (e is WeightsException or RecipeException)
        {
            return new Finding("model", Verdict.Missing, $"{name}: {e.Message}");
        }
    }
}
