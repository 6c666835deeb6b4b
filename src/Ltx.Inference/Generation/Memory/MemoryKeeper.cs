using System.Globalization;
using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation.Memory;

/// <summary>Plans every request of a pipeline for what its device has.</summary>
internal sealed class MemoryKeeper
{
    // What the endpoint's largest frame and its default length are.
    private static readonly RequestShape Usual = new(121, 1088, 1920);

    // What libtorch's, cuBLAS's and cuDNN's kernels take when they are first needed, after the context is there: a part of CardMemory's allowance.
    private const long Libraries = 400L << 20;

    private readonly MemoryPlanner planner;
    private readonly bool isFloat8;
    private readonly HostClaim? host;

    /// <param name="options">may name a limit and a size</param>
    public MemoryKeeper(ModelFolder folder, Device device, ScalarType type, InpaintOptions options)
    {
        ModelFacts facts = ModelFacts.Read(folder, options.ShowFrame);
        planner = new MemoryPlanner(facts, type, device.type);
        isFloat8 = options.Weights == WeightFormat.Float8 || (options.Weights == WeightFormat.Checkpoint && facts.IsFloat8);
        // A CPU's memory is everybody's, and its weights lie in mapped files: without a limit nothing is planned there.
        long? free = device.type == DeviceType.CUDA ? CudaMemory.Read(Math.Max(0, device.index))?.Free - Libraries : null;
        Available = options.Memory is { } limit && free is { } there ? Math.Min(limit, there) : options.Memory ?? free ?? long.MaxValue;
        First = planner.Choose(options.PlannedFor ?? Usual, Available, isFloat8);
        if (device.type == DeviceType.CUDA) host = HostClaim.Make(() => HostMemory.Available, left => planner.Pristine(First, left, options.Pinned), First.PinnedHost);
    }

    /// <summary>Bytes of the device for weights and work.</summary>
    public long Available { get; }

    /// <summary>Whether there is anything to plan for.</summary>
    public bool IsLimited => Available < long.MaxValue;

    /// <summary>What weights are placed by when they are loaded. Where the usual size does not fit, the smallest there is.</summary>
    public MemoryPlan First { get; }

    /// <summary>Where the transformer's own weights are read from again; a CPU computes with what lies in the file.</summary>
    public PristinePlan? Pristine => host?.Plan;

    /// <summary>The models are loaded, or are not going to be: what they take of the host's memory is taken.</summary>
    public void Loaded() => host?.Dispose();

    /// <summary>A plan for a request, before work starts.</summary>
    /// <param name="current">where weights are now</param>
    /// <exception cref="InferenceException">It does not fit, whatever is given up; the sentence has the numbers.</exception>
    public MemoryPlan Plan(RequestShape request, MemoryArrangement current)
    {
        MemoryPlan plan = planner.Choose(request, Available, isFloat8, IsLimited ? current : null);
        if (plan.Fits) return plan;
        StagePeak worst = plan.Worst;
        throw new InferenceException(Fault.Input, string.Create(
            CultureInfo.InvariantCulture,
            $"{request} do not fit on this server's device: the stage \"{worst.Stage}\" would need {Gigabytes(worst.Total)} GB ({Gigabytes(worst.Weights)} for weights, {Gigabytes(worst.Total - worst.Weights)} for work) even with everything else moved out of the way, and {Gigabytes(plan.Available)} GB are there. Ask for fewer frames or a smaller size."));
    }

    private static double Gigabytes(long bytes) => Math.Round(bytes / 1e9, 2);
}
