namespace Ltx.Training;

/// <summary>What one step did.</summary>
/// <param name="Step">how many are done with it</param>
/// <param name="Loss">before it, over its clips</param>
/// <param name="Sigma">mean noise level of its clips</param>
/// <param name="GradientNorm">before it was bounded</param>
/// <param name="LearningRate">that it was made with</param>
/// <param name="Time">that it took</param>
public sealed record StepReport(int Step, double Loss, double Sigma, double GradientNorm, double LearningRate, TimeSpan Time);
