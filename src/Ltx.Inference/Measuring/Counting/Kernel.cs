using Ltx.Inference.Costs;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>One kernel that a card would run.</summary>
/// <param name="Operator">whose it is</param>
/// <param name="Class">what it is for</param>
/// <param name="Access">how it goes through memory</param>
/// <param name="Bytes">that it reads and writes at least</param>
/// <param name="Work">of products, convolutions and attention</param>
/// <param name="Features">of an attention's head, or of a product's result; 0 elsewhere</param>
internal readonly record struct Kernel(string Operator, KernelClass Class, KernelAccess Access, double Bytes, Operations Work, long Features);
