namespace Ltx.Inference.TextEncoder;

/// <summary>How one kind of Gemma's layers turns queries and keys.</summary>
/// <param name="Theta">base of the frequencies</param>
/// <param name="Factor">what positions are divided by (linear scaling)</param>
internal sealed record RopeSettings(double Theta, double Factor);
