using Ltx.Inference.Costs;
using Ltx.Inference.Transformer.Streaming;
using Ltx.Inference.VideoVae;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Planning;

/// <summary>
/// Decides how a request fits on a card: a pure function of the model's headers, the request's size and the card's memory. What is
/// given up, in this order, each only where what comes before it is not enough:
/// 1. length of the VAE's pieces in time, down to an eighth: same numbers, hardly slower;
/// 2. the text encoder's place: it comes for a prompt and leaves, then it comes layer by layer: same numbers, seconds a new prompt;
/// 3. blocks of the transformer, as few as possible, which then come from pinned host memory for every pass: same numbers, hidden behind
///    computing where there are many tokens;
/// 4. length of the VAE's pieces, down to single frames: same numbers;
/// 5. whole frames in the VAE: tiles, which do not see beyond their edges.
/// Precision is not among them: float8 changes the numbers, so a person or the file decides on it.
/// </summary>
public sealed class MemoryPlanner
{
    // Tiles of the last resort; an overlap of two latent cells is what the reference encodes with at least.
    private const int TileOverlap = 64;
    private static readonly int[] TileSizes = [768, 512, 256];

    // Elements of one activation: from the default to an eighth of it, and to what holds a frame of 1920x1088 in the widest layer at full width.
    private static readonly long[] Harmless = [1L << 28, 1L << 27, 1L << 26, 1L << 25];
    private static readonly long[] Short = [1L << 24, 1L << 23, 1L << 22];

    // What the caching allocator holds and cannot use: blocks of more than 1 MiB are split and rounded to 2 MiB
    // (c10/cuda/CUDACachingAllocator.cpp), and what is left between tensors of other sizes stays unused. An assumption, as a share of the
    // activations, until tests/gpu has measured it; 20 MiB is one of its smaller segments.
    private const double SlackShare = 1.0 / 16;
    private const long SlackLeast = 20L << 20;

    private readonly ModelFacts model;
    private readonly CostBasis basis;

    /// <param name="model">what the headers say</param>
    /// <param name="type">what the models compute in</param>
    /// <param name="deviceType">CUDA, or CPU for the plan of a process without a card</param>
    internal MemoryPlanner(ModelFacts model, ScalarType type, DeviceType deviceType)
    {
        this.model = model;
        basis = new CostBasis(ElementBytes.Of(type), deviceType == DeviceType.CUDA ? DeviceMemoryTraits.Cuda : DeviceMemoryTraits.Cpu);
    }

    /// <summary>Plans for a model folder, of which it reads the headers.</summary>
    /// <param name="sees">whether Gemma is shown pictures</param>
    /// <exception cref="Weights.WeightsException">A file is missing, not sound, or of another architecture, or the model cannot see and should.</exception>
    public static MemoryPlanner For(Weights.ModelFolder folder, ScalarType type, DeviceType deviceType, bool sees = false) => new(ModelFacts.Read(folder, sees), type, deviceType);

    /// <summary>Plans for a model that is only described: no file is needed.</summary>
    /// <param name="sees">whether Gemma is shown pictures</param>
    public static MemoryPlanner For(Synthesis.ModelPreset preset, ScalarType type, DeviceType deviceType, bool sees = false) => new(ModelFacts.Of(preset, sees), type, deviceType);

    /// <summary>What the size that a request is worked on at costs; null where it is the clip's own.</summary>
    public string? SizeSentence(RequestShape request) => request.SizeSentence(model.Vae.Scale);

    /// <summary>The fastest plan that fits; where none does, the smallest, with <see cref="MemoryPlan.Fits"/> false.</summary>
    /// <param name="request">what is to be done</param>
    /// <param name="available">bytes of the card, weights included</param>
    /// <param name="float8">whether the blocks' matrices are float8</param>
    /// <param name="current">where weights are now: they stay there if the request fits so; null where they are still to be loaded</param>
    public MemoryPlan Choose(RequestShape request, long available, bool float8, MemoryArrangement? current = null)
    {
        RequestMemory work = new(model, request, basis);
        MemoryArrangement best = MemoryArrangement.Resident with { Float8 = float8 };
        IEnumerable<MemoryArrangement> InPieces(MemoryArrangement arrangement, IEnumerable<long> pieces) => pieces.Select(elements => arrangement with { VaeElements = elements });
        IEnumerable<MemoryArrangement> kept = current is null ? [] : InPieces(current with { VaeTiling = null }, [.. Harmless, .. Short]);
        IEnumerable<MemoryArrangement> resident = Enum.GetValues<TextResidency>().SelectMany(text => InPieces(best with { Text = text }, Harmless));
        MemoryArrangement streamed = best with { Text = TextResidency.Streams, VaeElements = Harmless[^1] };
        IEnumerable<MemoryArrangement> streams = Enumerable.Range(BlockStream.SlotCount + 1, Math.Max(0, model.Blocks.Count - BlockStream.SlotCount)).Select(blocks => streamed with { StreamedBlocks = blocks });
        MemoryArrangement last = streamed with { StreamedBlocks = model.Blocks.Count > BlockStream.SlotCount ? model.Blocks.Count : 0 };
        IEnumerable<MemoryArrangement> tiles = TileSizes.Select(size => new AxisTiling(size, TileOverlap))
            .Select(tile => last with { VaeElements = Short[^1], VaeTiling = new VideoTiling(VideoTiling.Default.Frames, tile, tile) });
        MemoryPlan? plan = null;
        foreach (MemoryArrangement arrangement in kept.Concat(resident).Concat(streams).Concat(InPieces(last, Short)).Concat(tiles))
        {
            plan = Plan(work, available, arrangement);
            if (plan.Fits) return plan;
        }
        return plan!;
    }

    /// <summary>What a given arrangement is predicted to hold.</summary>
    public MemoryPlan Predict(RequestShape request, long available, MemoryArrangement arrangement) => Plan(new RequestMemory(model, request, basis), available, arrangement);

    /// <summary>Bytes of the transformer's own weights that LoRAs are merged into, and of the model's own LoRAs.</summary>
    public long PristineBytes => model.PristineBytes + model.OwnLoraBytes;

    /// <summary>Where they are to be read from when LoRAs change.</summary>
    /// <param name="plan">what else takes host memory</param>
    /// <param name="host">bytes of host memory that are left</param>
    /// <param name="wish">the operator's</param>
    public PristinePlan Pristine(MemoryPlan plan, long host, PinnedWeights wish = PinnedWeights.Auto) => PristinePlan.Choose(PristineBytes, plan.PinnedHost, host, model.LiesInMemory, wish);

    /// <summary>Bytes of host memory that streamed blocks are pinned in.</summary>
    public long PinnedHost(MemoryArrangement arrangement) => Streamed(arrangement).Sum(i => BlockBytes(i, arrangement));

    /// <summary>Bytes of the weights that are on the card while the transformer computes.</summary>
    internal long WeightsOnCard(MemoryArrangement arrangement) =>
        Always(arrangement) + (arrangement.Text == TextResidency.Stays ? TextWeights(arrangement.Text) : 0);

    private long Always(MemoryArrangement arrangement) =>
        BlocksOnCard(arrangement) + model.Ends.Bytes(basis.Element) + model.Codecs.Bytes(basis.Element) + model.VocoderSize.Bytes(ElementBytes.Float32);

    private MemoryPlan Plan(RequestMemory work, long available, MemoryArrangement arrangement)
    {
        long text = TextWeights(arrangement.Text), always = Always(arrangement), denoising = WeightsOnCard(arrangement);
        List<StagePeak> stages = [.. work.Stages(arrangement).Select(stage => Peak(stage.Stage == InpaintStage.Prompt ? always + text : denoising, stage))];
        List<StagePeak> beside = [.. stages.Select(stage => stage.Stage is InpaintStage.Prompt or InpaintStage.Source
            ? stage with { Activations = stage.Activations + (long)work.Merging }
            : stage)];
        // Where weights come and go, a merge at the same time would be in their way.
        bool mergesAhead = arrangement is { Text: TextResidency.Stays, StreamedBlocks: 0 } && beside.Max(stage => stage.Total) <= available;
        return new MemoryPlan(work.Request, available, arrangement, mergesAhead ? beside : stages, PinnedHost(arrangement), mergesAhead);
    }

    // All of a form that are streamed take turns in as much memory as two of them have.
    private long BlocksOnCard(MemoryArrangement arrangement)
    {
        HashSet<int> streamed = [.. Streamed(arrangement)];
        long resident = Enumerable.Range(0, model.Blocks.Count).Where(i => !streamed.Contains(i)).Sum(i => BlockBytes(i, arrangement));
        return resident + streamed.GroupBy(i => BlockBytes(i, arrangement)).Sum(alike => alike.Key * Math.Min(BlockStream.SlotCount, alike.Count()));
    }

    private IEnumerable<int> Streamed(MemoryArrangement arrangement) => BlockStream.Spread(arrangement.StreamedBlocks, model.Blocks.Count);

    private long BlockBytes(int index, MemoryArrangement arrangement) => arrangement.Float8 ? model.Blocks[index].Float8Bytes(basis.Element) : model.Blocks[index].Bytes(basis.Element);

    // What of it is on the card at once while a prompt is encoded.
    private long TextWeights(TextResidency text) => text == TextResidency.Streams
        ? Math.Max(Math.Min(2, model.Gemma.Layers) * model.GemmaLayer.Bytes(basis.Element), Math.Max(model.Projection.Bytes(basis.Element), model.LargerConnector.Bytes(basis.Element)))
        : model.Head.Bytes(basis.Element) + model.VisionSize.Bytes(basis.Element) + model.Gemma.Layers * model.GemmaLayer.Bytes(basis.Element) + model.Projection.Bytes(basis.Element) + model.Connectors.Bytes(basis.Element);

    private static StagePeak Peak(long weights, StageMemory stage)
    {
        double tensors = stage.Peak - stage.Workspace;
        return new StagePeak(stage.Stage, weights, (long)tensors, (long)stage.Workspace, Math.Max(SlackLeast, (long)(stage.Peak * SlackShare)));
    }
}
