namespace Ltx.Inference.Generation;

/// <summary>Where a run is.</summary>
/// <param name="Stage">name of the stage, for a person</param>
/// <param name="Step">steps of it that are done</param>
/// <param name="Steps">steps it has; 0 where it is not counted</param>
/// <param name="Fraction">share of the whole run that is done, from 0 to 1, by the work that each stage is</param>
/// <param name="Note">a sentence for the log; most have none</param>
public sealed record InpaintProgress(string Stage, int Step, int Steps, double Fraction, string? Note = null);
