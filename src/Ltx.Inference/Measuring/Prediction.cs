using Ltx.Inference.Costs;
using Ltx.Inference.Measuring.Counting;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Measuring;

/// <summary>
/// How long a model's work would take on a card, in bfloat16 or with float8 products, with all weights there: what it asks of the card is counted by running it without
/// memory (<see cref="ModelCounts"/>), and each kernel has its time by the card's ceilings. Reading and writing of files, changes of LoRAs, the
/// composite and the encoder are the host's and not in it.
/// </summary>
public sealed class Prediction
{
    // A product's bias is in it, a convolution's a pass of its own.
    private static readonly (string Name, KernelClass[] Classes)[] Parts =
    [
        ("products", [KernelClass.Product]), ("attention", [KernelClass.Attention]), ("convolutions", [KernelClass.Convolution]), ("norms", [KernelClass.Norm]),
        ("modulation", [KernelClass.Modulate, KernelClass.LookUp]), ("rotation", [KernelClass.Rotation]), ("gates", [KernelClass.Gate]), ("rounding", [KernelClass.Rounding]),
        ("rest", [KernelClass.Activation, KernelClass.Copy, KernelClass.Rest]),
    ];

    private readonly ModelArchitecture model;
    private readonly Ceiling ceiling;
    private readonly ModelCounts counts;

    /// <param name="model">whose</param>
    /// <param name="ceiling">what the card reaches</param>
    /// <param name="kernels">whether the project's kernels run</param>
    /// <param name="format">in what form the blocks' weights are kept and multiplied</param>
    public Prediction(ModelArchitecture model, Ceiling ceiling, bool kernels = true, WeightFormat format = WeightFormat.Checkpoint)
        : this(model, ceiling, new ModelCounts(model, kernels, format))
    {
    }

    /// <param name="counts">that model's, some of which may be there already</param>
    internal Prediction(ModelArchitecture model, Ceiling ceiling, ModelCounts counts) => (this.model, this.ceiling, this.counts) = (model, ceiling, counts);

    /// <summary>One pass of the transformer.</summary>
    /// <param name="tokens">of the video stream, references included</param>
    /// <param name="sound">tokens of the audio stream</param>
    /// <exception cref="InferenceException">This libtorch cannot count.</exception>
    public PredictedWork Forward(int tokens, int sound) => Of(counts.Forward(tokens, sound));

    /// <summary>A whole request, stage by stage.</summary>
    /// <param name="request">the clip and its recipe</param>
    /// <param name="steps">denoising steps</param>
    /// <param name="guidance">guidance</param>
    /// <exception cref="InferenceException">The same.</exception>
    public IReadOnlyList<PredictedStage> Request(RequestShape request, int steps, double guidance) =>
        [.. RequestWork.Of(counts, model, request, steps, guidance).Select(stage => new PredictedStage(stage.Stage, stage.Evaluations, stage.Tokens, Of(stage.Work)))];

    private PredictedWork Of(WorkCount work)
    {
        double Seconds(KernelClass[] classes) => work.Kernels.Where(kernel => classes.Contains(kernel.Key.Class)).Sum(kernel => kernel.Value * KernelTime.Of(kernel.Key, ceiling));

        return new PredictedWork([.. Parts.Select(part => new PredictedPart(part.Name, Seconds(part.Classes)))], KernelTime.OfCalls(work.Calls), work.KernelCount, work.Bytes, work.Work);
    }
}

/// <summary>What a time is made of.</summary>
/// <param name="Parts">seconds of the card, always the same parts</param>
/// <param name="Host">seconds that calling the operators takes, while the card computes</param>
/// <param name="Kernels">of the card</param>
/// <param name="Bytes">read and written</param>
/// <param name="Work">operations</param>
public sealed record PredictedWork(IReadOnlyList<PredictedPart> Parts, double Host, double Kernels, double Bytes, Operations Work)
{
    /// <summary>Of the card or of the host, whichever takes longer.</summary>
    public double Seconds => Math.Max(Parts.Sum(part => part.Seconds), Host);
}

/// <summary>One kind of work.</summary>
/// <param name="Name">for a person</param>
/// <param name="Seconds">of the card</param>
public sealed record PredictedPart(string Name, double Seconds);

/// <summary>A stage of a request.</summary>
/// <param name="Evaluations">forwards of the transformer</param>
/// <param name="Tokens">of the video stream in each; 0 where there are none</param>
/// <param name="Work">all of it</param>
public sealed record PredictedStage(InpaintStage Stage, int Evaluations, int Tokens, PredictedWork Work);
