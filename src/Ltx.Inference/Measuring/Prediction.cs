using Ltx.Inference.Costs;
using Ltx.Inference.Measuring.Counting;
using Ltx.Inference.Planning;

namespace Ltx.Inference.Measuring;

/// <summary>
/// How long a model's work would take on a card, in bfloat16 with all weights there: what it asks of the card is counted by running it without
/// memory (<see cref="ModelCounts"/>), and each kernel has its time by the card's ceilings. Reading and writing of files, changes of LoRAs, the
/// composite and the encoder are the host's and not in it.
/// </summary>
public sealed class Prediction
{
    private readonly ModelArchitecture model;
    private readonly Ceiling ceiling;
    private readonly ModelCounts counts;

    /// <param name="model">whose</param>
    /// <param name="ceiling">what the card reaches</param>
    public Prediction(ModelArchitecture model, Ceiling ceiling)
        : this(model, ceiling, new ModelCounts(model))
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
        double Seconds(params ReadOnlySpan<KernelClass> classes)
        {
            double sum = 0;
            foreach ((Kernel kernel, double times) in work.Kernels)
            {
                if (classes.Contains(kernel.Class)) sum += times * KernelTime.Of(kernel, ceiling);
            }
            return sum;
        }

        return new PredictedWork(
            Seconds(KernelClass.Product), Seconds(KernelClass.Attention), Seconds(KernelClass.Convolution), Seconds(KernelClass.Norm), Seconds(KernelClass.Modulate, KernelClass.LookUp),
            Seconds(KernelClass.Rotation), Seconds(KernelClass.Gate), Seconds(KernelClass.Activation, KernelClass.Copy, KernelClass.Rest), KernelTime.OfCalls(work.Calls),
            work.Calls, work.KernelCount, work.Bytes, work.Work);
    }
}

/// <summary>What a time is made of: seconds of the card by class of kernel, and the host's beside them.</summary>
/// <param name="Products">matrix products, their bias included</param>
/// <param name="Convolutions">their bias, which is a pass of its own, included</param>
/// <param name="Modulation">scales and shifts, looked up token by token</param>
/// <param name="Gates">and what is added behind them</param>
/// <param name="Rest">activations, copies, and everything else number by number</param>
/// <param name="Host">seconds that calling the operators takes, while the card computes</param>
/// <param name="Calls">of operators</param>
/// <param name="Kernels">of the card</param>
/// <param name="Bytes">read and written</param>
/// <param name="Work">operations</param>
public sealed record PredictedWork(
    double Products, double Attention, double Convolutions, double Norms, double Modulation, double Rotation, double Gates, double Rest, double Host,
    double Calls, double Kernels, double Bytes, Operations Work)
{
    /// <summary>Of the card or of the host, whichever takes longer.</summary>
    public double Seconds => Math.Max(Products + Attention + Convolutions + Norms + Modulation + Rotation + Gates + Rest, Host);
}

/// <summary>A stage of a request.</summary>
/// <param name="Evaluations">forwards of the transformer</param>
/// <param name="Tokens">of the video stream in each; 0 where there are none</param>
/// <param name="Work">all of it</param>
public sealed record PredictedStage(InpaintStage Stage, int Evaluations, int Tokens, PredictedWork Work);
