using Ltx.Inference.Latents;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Training.Conditions;

/// <summary>One clip as a step sees it.</summary>
/// <param name="State">its tokens, the target's noisy but for what is given, and a reference's behind them</param>
/// <param name="Sigma">noise level</param>
/// <param name="Velocity">[1, T, C] float32, what the model is to say: noise - clip</param>
internal sealed record StepInput(LatentState State, float Sigma, Tensor Velocity)
{
    /// <summary>What the transformer is given.</summary>
    /// <param name="model">whose pass it is</param>
    /// <param name="context">[1, S, D] the caption</param>
    /// <returns>in the caller's scope</returns>
    public StreamInput ToStream(LtxTransformer model, Tensor context) => new(
        State.Latent.to(model.Type), Sigma, TokenLevels.Of(State.DenoiseMask).Times(Sigma), model.VideoGeometry(State.Positions), context.to(model.Type));

    /// <summary>
    /// The mean squared error over all that is generated; 0 where all is given. Source: ltx_trainer/training_strategies/flexible.py (400fd31).
    /// </summary>
    /// <param name="predicted">[1, at least T, C] the model's velocity</param>
    /// <returns>one number in float32 at least</returns>
    public Tensor Loss(Tensor predicted)
    {
        const double Least = 1e-8;
        using var scope = NewDisposeScope();
        // [1, T, 1], 1 where it is generated
        Tensor generated = State.DenoiseMask.narrow(1, 0, State.TargetTokens).to(Velocity.dtype);
        Tensor error = (predicted.narrow(1, 0, State.TargetTokens).to(Velocity.dtype) - Velocity).pow(2) * generated;
        return (error.mean() / generated.mean().clamp(min: Least)).MoveToOuterDisposeScope();
    }
}
