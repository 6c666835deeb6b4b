using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Rotary position embedding over several axes at once, as LTX-2 does it: every head rotates by other frequencies.
/// Source: ltx_core/model/transformer/rope.py (400fd31).
/// </summary>
public sealed class RotaryEmbedding
{
    private readonly int dimension;
    private readonly int heads;
    private readonly IReadOnlyList<int> maxPositions;
    private readonly float[] frequencies;
    private readonly bool interleaved;

    /// <param name="dimension">features of all heads together</param>
    /// <param name="heads">attention heads</param>
    /// <param name="theta">ratio of the highest to the lowest frequency</param>
    /// <param name="maxPositions">the position on each axis that maps to one</param>
    /// <param name="doublePrecision">whether the frequencies are computed in float64 before they are rounded to float32</param>
    /// <param name="interleaved">see <see cref="RotaryTable"/></param>
    public RotaryEmbedding(int dimension, int heads, double theta, IReadOnlyList<int> maxPositions, bool doublePrecision, bool interleaved = false)
    {
        this.interleaved = interleaved;
        this.dimension = dimension;
        this.heads = heads;
        this.maxPositions = maxPositions;
        frequencies = Frequencies(dimension / (2 * maxPositions.Count), theta, doublePrecision);
    }

    /// <summary>What a checkpoint's <c>transformer</c> section says of the pairs.</summary>
    /// <exception cref="WeightsException">There is no such kind.</exception>
    internal static bool IsInterleaved(ConfigSection transformer) => transformer.Text("rope_type", "split") switch
    {
        "split" => false,
        "interleaved" => true,
        string other => throw transformer.Fault($"rope_type is \"{other}\", and only \"split\" and \"interleaved\" are built here."),
    };

    /// <summary>The table for tokens at given positions.</summary>
    /// <param name="positions">[B, axes, T] in float32, whatever the model computes in: bfloat16 positions blur into echoes</param>
    /// <param name="type">type of the table</param>
    public RotaryTable At(Tensor positions, ScalarType type)
    {
        using var scope = NewDisposeScope();
        long batch = positions.shape[0], tokens = positions.shape[2];
        Tensor scale = tensor(maxPositions.Select(max => (float)max).ToArray(), device: positions.device).view(1, -1, 1);
        Tensor fractions = positions.to(ScalarType.Float32) / scale * 2 - 1;
        // [B, axes, T] -> [B, T, axes] -> [B, T, F, axes] -> [B, T, F*axes]: frequency outside, axis inside
        Tensor angles = (tensor(frequencies, device: positions.device).view(1, 1, -1, 1) * fractions.transpose(1, 2).unsqueeze(2)).flatten(2);
        // What the axes do not fill turns by nothing, and lies in front.
        long missing = dimension / 2 - angles.shape[2];
        if (missing > 0) angles = cat([zeros(batch, tokens, missing, device: positions.device), angles], -1);
        // [B, T, H*D/2] -> [B, T, H, D/2]
        Tensor perHead = angles.view(batch, tokens, heads, -1);
        // Elementwise operators keep whatever order of dimensions in memory their input has.
        Tensor Table(Tensor values) => values.to(type).contiguous().MoveToOuterDisposeScope();
        return new RotaryTable(Table(perHead.cos()), Table(perHead.sin()), interleaved);
    }

    private static float[] Frequencies(int count, double theta, bool doublePrecision)
    {
        if (doublePrecision) return [.. Enumerable.Range(0, count).Select(i => (float)(Math.Pow(theta, count == 1 ? 0 : (double)i / (count - 1)) * Math.PI / 2))];
        using var scope = NewDisposeScope();
        Tensor exponents = linspace(0, 1, count, dtype: ScalarType.Float32);
        return (pow(theta, exponents) * (Math.PI / 2)).ToArray<float>();
    }
}
