using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Residual layers of growing dilation, each two convolutions behind anti-aliased activations.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (AMPBlock1) at 400fd31.
/// </summary>
internal sealed class AmpBlock
{
    private readonly List<Layer> layers = [];

    internal AmpBlock(WeightScope scope, int channels, int kernel, IReadOnlyList<int> dilations)
    {
        for (int i = 0; i < dilations.Count; i++)
        {
            layers.Add(new Layer(
                new AntiAliasedSnake(scope["acts1"][i], channels), new Convolution1d(scope["convs1"][i], channels, channels, kernel, dilations[i]),
                new AntiAliasedSnake(scope["acts2"][i], channels), new Convolution1d(scope["convs2"][i], channels, channels, kernel)));
        }
    }

    /// <param name="x">[B, channels, T]; left as it is</param>
    /// <returns>the same size</returns>
    internal Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        foreach (Layer layer in layers) x = layer.Forward(x);
        return x.MoveToOuterDisposeScope();
    }

    private sealed record Layer(AntiAliasedSnake FirstActivation, Convolution1d Dilated, AntiAliasedSnake SecondActivation, Convolution1d Dense)
    {
        internal Tensor Forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            Tensor h = Dilated.Forward(FirstActivation.Forward(x));
            return Dense.Forward(SecondActivation.Forward(h)).add_(x).MoveToOuterDisposeScope();
        }
    }
}
