using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Turns noise levels into modulation: sinusoids, a two-layer embedding, and a linear head of <c>rows</c> vectors.
/// Source: ltx_core/model/transformer/adaln.py and timestep_embedding.py (400fd31).
/// </summary>
public sealed class AdaLayerNormSingle
{
    // Width and period of the sinusoids are fixed in the architecture (PixArt-alpha), not in the config.
    private const int SinusoidFeatures = 256;
    private const double MaxPeriod = 10000;

    private readonly Linear linear1, linear2, head;
    private readonly int features, rows;
    private readonly ScalarType type;

    /// <param name="scope">where <c>emb</c> and <c>linear</c> are</param>
    /// <param name="features">width of the stream that is modulated</param>
    /// <param name="rows">vectors a noise level gives</param>
    public AdaLayerNormSingle(WeightScope scope, int features, int rows)
    {
        this.features = features;
        this.rows = rows;
        type = scope.Type;
        WeightScope embedder = scope["emb.timestep_embedder"];
        linear1 = new Linear(embedder["linear_1"], SinusoidFeatures, features);
        linear2 = new Linear(embedder["linear_2"], features, features);
        head = new Linear(scope["linear"], features, rows * features);
    }

    /// <param name="levels">[U] scaled noise levels in float32</param>
    /// <returns>modulation [U, rows, features] and the embedding it comes from [U, features]</returns>
    public (Tensor Modulation, Tensor Embedded) Forward(Tensor levels)
    {
        using var scope = NewDisposeScope();
        Tensor embedded = linear2.Forward(nn.functional.silu(linear1.Forward(Sinusoids(levels).to(type))));
        // [U, rows*features] -> [U, rows, features]
        Tensor modulation = head.Forward(nn.functional.silu(embedded)).view(-1, rows, features);
        return (modulation.MoveToOuterDisposeScope(), embedded.MoveToOuterDisposeScope());
    }

    // Cosines first, then sines, frequencies falling from 1 to almost 1/MaxPeriod.
    private static Tensor Sinusoids(Tensor levels)
    {
        const int Half = SinusoidFeatures / 2;
        Tensor frequencies = (arange(Half, dtype: ScalarType.Float32, device: levels.device) * (-Math.Log(MaxPeriod) / Half)).exp();
        Tensor angles = levels.unsqueeze(1) * frequencies;
        return cat([angles.cos(), angles.sin()], 1);
    }
}
