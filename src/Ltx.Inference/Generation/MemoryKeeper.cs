using System.Globalization;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>Plans every request of a pipeline for what its device has.</summary>
internal sealed class MemoryKeeper
{
    /// <summary>What the endpoint's largest frame and its default length are.</summary>
    public static readonly RequestShape Usual = new(121, 1088, 1920);

    // What libtorch's, cuBLAS's and cuDNN's kernels take when they are first needed, after the context is there: a part of CardMemory's allowance.
    private const long Libraries = 400L << 20;

    private readonly MemoryPlanner planner;
    private readonly bool isFloat8;
    private readonly Func<long>? hostMemory;
    private readonly HostClaim? host;

    /// <param name="options">may name a limit and a size</param>
    /// <param name="hostMemory">tells how many bytes of host memory are left; null for what the system says beside a card, and for no limit on a CPU</param>
    /// <exception cref="InferenceException">The host lacks the memory for what the device does not hold.</exception>
    public MemoryKeeper(ModelFolder folder, Device device, ScalarType type, InpaintOptions options, Func<long>? hostMemory = null)
    {
        ModelFacts facts = ModelFacts.Read(folder, options.ShowFrame);
        if (options.Weights.Rounds()) facts = facts.AllFloat8();
        planner = new MemoryPlanner(facts, type, device.type);
        // A CPU's memory is everybody's, and its weights lie in mapped files: without a limit nothing is planned there.
        long? free = device.type == DeviceType.CUDA ? CudaMemory.Read(Math.Max(0, device.index))?.Free - Libraries : null;
        Available = options.Memory is { } limit && free is { } there ? Math.Min(limit, there) : options.Memory ?? free ?? long.MaxValue;
        Format = options.Weights == WeightFormat.Checkpoint && facts.IsFloat8 && IsLimited && FitsInFull(options.PlannedFor ?? Usual) ? WeightFormat.Full : options.Weights;
        isFloat8 = Format.Rounds() || (Format == WeightFormat.Checkpoint && facts.IsFloat8);
        First = planner.Choose(options.PlannedFor ?? Usual, Available, isFloat8);
        this.hostMemory = hostMemory ?? (device.type == DeviceType.CUDA ? () => HostMemory.Available : null);
        if (this.hostMemory is null) return;
        host = HostClaim.Make(
            this.hostMemory,
            left => First.PinnedHost <= left ? planner.Pristine(First, left, options.Pinned) : throw new InferenceException(Fault.Internal, string.Create(
                CultureInfo.InvariantCulture,
                $"Of this model's weights {Gigabytes(First.PinnedHost)} GB do not fit on the device for {First.Request}, and have to be pinned in host memory, of which {Gigabytes(left)} GB are left. Use float8 weights, or a machine with more memory.")),
            First.PinnedHost);
    }

    /// <summary>Bytes of the device for weights and work.</summary>
    public long Available { get; }

    /// <summary>Bytes of those that somebody else holds at the moment, and that requests do without.</summary>
    public long Reserved { get; set; }

    /// <summary>Whether the blocks' matrices are float8.</summary>
    public bool IsFloat8 => isFloat8;

    /// <summary>Whether there is anything to plan for.</summary>
    public bool IsLimited => Available < long.MaxValue;

    /// <summary>In what form the transformer's linear layers are kept.</summary>
    public WeightFormat Format { get; }

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
        MemoryPlan plan = planner.Choose(request, Available - Reserved, isFloat8, IsLimited ? current : null);
        if (plan.Fits)
        {
            // Pinned memory cannot be swapped out: what the host lacks would end this process, or another one.
            long more = plan.PinnedHost - planner.PinnedHost(current);
            if (more <= 0 || hostMemory?.Invoke() is not { } left || more <= left) return plan;
            throw new InferenceException(Fault.Input, string.Create(
                CultureInfo.InvariantCulture,
                $"{request} do not fit on this server's machine: {Gigabytes(more)} GB more of the weights would have to leave the device for pinned host memory, of which {Gigabytes(left)} GB are left. Ask for fewer frames or a smaller size."));
        }
        StagePeak worst = plan.Worst;
        throw new InferenceException(Fault.Input, string.Create(
            CultureInfo.InvariantCulture,
            $"{request} do not fit on this server's device: the stage \"{worst.Stage.Name()}\" would need {Gigabytes(worst.Total)} GB ({Gigabytes(worst.Weights)} for weights, {Gigabytes(worst.Total - worst.Weights)} for work) even with everything else moved out of the way, and {Gigabytes(plan.Available)} GB are there. Ask for fewer frames or a smaller size."));
    }

    // What float8 weights are multiplied in, they may as well be kept in where nothing has to make room for it: no product then begins with a conversion.
    private bool FitsInFull(RequestShape usual)
    {
        MemoryPlan large = planner.Choose(usual, Available, float8: false);
        return large.Fits && large.Arrangement with { Float8 = true } == planner.Choose(usual, Available, float8: true).Arrangement;
    }

    private static double Gigabytes(long bytes) => Math.Round(bytes / 1e9, 2);
}
