namespace Ltx.Server.Queue;

/// <summary>How far a worker's model is loaded.</summary>
/// <param name="Component">what is being loaded</param>
/// <param name="Bytes">bytes of it that have come</param>
/// <param name="Rate">gigabytes (10^9 bytes) a second</param>
/// <param name="Fraction">share of the whole model, from 0 to 1</param>
internal sealed record LoadStatus(string Component, long Bytes, double Rate, double Fraction);
