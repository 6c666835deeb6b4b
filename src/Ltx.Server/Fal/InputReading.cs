namespace Ltx.Server.Fal;

/// <summary>What reading an input gives: the input, or everything that is wrong with it.</summary>
internal sealed record InputReading(InpaintInput? Input, IReadOnlyList<FalDetail> Problems);
