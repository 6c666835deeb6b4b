namespace Ltx.Inference.Weights;

/// <summary>Asks about <see cref="WeightFormat"/>.</summary>
internal static class WeightFormats
{
    /// <summary>Whether weights are rounded while they load.</summary>
    public static bool Rounds(this WeightFormat format) => format is WeightFormat.Float8 or WeightFormat.Float8Products;
}
