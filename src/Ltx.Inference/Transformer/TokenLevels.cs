using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>
/// The noise level of every token, as a few distinct values and an index: clean and noisy tokens share theirs, so that modulation is
/// computed once a value and not once a token.
/// </summary>
/// <param name="Values">distinct levels, U of them</param>
/// <param name="Index">[B*T] int64: which value each token has; null when all have the first</param>
public sealed record TokenLevels(double[] Values, Tensor? Index)
{
    /// <summary>One level for all tokens.</summary>
    public static TokenLevels Uniform(double value) => new([value], null);

    /// <summary>Finds the distinct values of a mask or of timesteps. Reads the tensor on the host: once a stage, never within a step.</summary>
    /// <param name="levels">[B, T, 1] in float32</param>
    public static TokenLevels Of(Tensor levels)
    {
        float[] all = levels.cpu().to(ScalarType.Float32).ToArray<float>();
        double[] values = [.. all.Distinct().Order().Select(value => (double)value)];
        if (values.Length <= 1) return new TokenLevels(values, null);
        Dictionary<double, long> places = values.Select((value, i) => (value, i)).ToDictionary(pair => pair.value, pair => (long)pair.i);
        return new TokenLevels(values, tensor(all.Select(value => places[value]).ToArray(), device: levels.device));
    }

    /// <summary>The levels of tokens with these shares of noise when the noise is at <paramref name="sigma"/>.</summary>
    public TokenLevels Times(double sigma) => this with { Values = [.. Values.Select(value => value * sigma)] };

    /// <summary>Makes the caller the one who disposes it.</summary>
    internal TokenLevels DetachFromDisposeScope()
    {
        Index?.DetachFromDisposeScope();
        return this;
    }
}
