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
        string bias = $"in.{stream}.attention_mask";
        return new StreamInput(
            golden.Input($"in.{stream}.latent", context),
            golden.Tensor($"in.{stream}.sigma").item<float>(),
            TokenLevels.Of(golden.Tensor($"in.{stream}.timesteps").to(context.Device)),
            geometry(golden.Tensor($"in.{stream}.positions").to(context.Device)),
            golden.Input($"in.{stream}.context", context),
            golden.Has(bias) ? AttentionStrength.ToBias(golden.Tensor(bias).to(context.Device), context.Type) : null);
    }
}
