namespace Ltx.Inference.Costs;

/// <summary>Floating-point operations, a multiplication and its addition counted as two. Elementwise work is not counted.</summary>
/// <param name="Products">of matrix products with weights</param>
/// <param name="Convolutions">of convolutions</param>
/// <param name="Attention">of the two products inside attention</param>
public readonly record struct Operations(double Products, double Convolutions, double Attention) : IWork<Operations>
{
    public double Total => Products + Convolutions + Attention;

    public static Operations operator +(Operations a, Operations b) => new(a.Products + b.Products, a.Convolutions + b.Convolutions, a.Attention + b.Attention);

    public static Operations operator *(double times, Operations each) => new(times * each.Products, times * each.Convolutions, times * each.Attention);

    /// <summary>A product [tokens, from] x [from, to].</summary>
    internal static Operations Product(double tokens, double from, double to) => new(2 * tokens * from * to, 0, 0);

    /// <summary>A convolution with so many taps, giving so many positions.</summary>
    internal static Operations Convolution(double taps, double from, double to, double positions) => new(0, 2 * taps * from * to * positions, 0);

    /// <summary>Logits and weighted sum of all heads together.</summary>
    internal static Operations Attend(double queries, double keys, double features) => new(0, 0, 4 * queries * keys * features);
}
