using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Reads what a pass takes from a golden case.</summary>
internal static class TransformerInputs
{
    public static StreamInput Video(GoldenCase golden, LtxTransformer transformer, ParityContext context) => Stream(golden, "video", transformer.VideoGeometry, context);

    public static StreamInput Audio(GoldenCase golden, LtxTransformer transformer, ParityContext context) => Stream(golden, "audio", transformer.AudioGeometry, context);

    private static StreamInput Stream(GoldenCase golden, string stream, Func<Tensor, TokenGeometry> geometry, ParityContext context)
    {
        string strength = $"in.{stream}.attention_mask";
        return new StreamInput(
            golden.Input($"in.{stream}.latent", context),
            golden.Tensor($"in.{stream}.sigma").item<float>(),
            TokenLevels.Of(golden.Tensor($"in.{stream}.timesteps").to(context.Device)),
            geometry(golden.Tensor($"in.{stream}.positions").to(context.Device)),
            golden.Input($"in.{stream}.context", context),
            golden.Has(strength) ? Groups(golden.Tensor(strength)) : null);
    }

    // The reference has a number for every pair of tokens: a group begins where a token's differ from those of the one before.
    private static TokenGroups Groups(Tensor strength)
    {
        int tokens = (int)strength.shape[1];
        float[] pairs = strength.ToArray<float>();
        ReadOnlySpan<float> Row(int token) => pairs.AsSpan(token * tokens, tokens);
        int[] starts = [.. Enumerable.Range(0, tokens).Where(token => token == 0 || !Row(token).SequenceEqual(Row(token - 1))), tokens];
        long[] sizes = [.. starts.Zip(starts.Skip(1), (start, end) => (long)end - start)];
        double[,] strengths = new double[sizes.Length, sizes.Length];
        for (int a = 0; a < sizes.Length; a++)
        {
            for (int b = 0; b < sizes.Length; b++)
            {
                strengths[a, b] = Row(starts[a])[starts[b]];
                bool areAlike = !Row(starts[a])[starts[b]..starts[b + 1]].ContainsAnyExcept((float)strengths[a, b]);
                if (!areAlike) throw new InvalidDataException("The tokens of a group are not seen alike.");
            }
        }
        return new TokenGroups(sizes, strengths);
    }
}
