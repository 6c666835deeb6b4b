namespace Ltx.Server.Fal;

/// <summary>What reading an input gives: the request, or everything that is wrong with it.</summary>
internal sealed record InputReading(InpaintRequest? Request, IReadOnlyList<FalDetail> Problems);
