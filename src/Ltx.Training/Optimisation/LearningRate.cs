namespace Ltx.Training.Optimisation;

/// <summary>
/// The learning rate of a step, from its number alone, so that there is nothing to keep between two of them. The same as torch's schedulers with the
/// reference's parameters. Source: ltx_trainer/trainer.py, _create_scheduler (400fd31).
/// </summary>
/// <param name="kind">how it changes</param>
/// <param name="first">of the first step</param>
/// <param name="steps">of the whole training</param>
internal sealed class LearningRate(ScheduleKind kind, double first, int steps)
{
    private const double LinearEnd = 0.1, StepFactor = 0.1, RestartedLeast = 5e-5;
    private const int Restarts = 4;

    /// <param name="step">from 0</param>
    public double At(int step) => kind switch
    {
        ScheduleKind.Linear => first * (1 + (LinearEnd - 1) * Math.Min(step, steps) / steps),
        ScheduleKind.Constant => first,
        ScheduleKind.Cosine => Wave((double)step / steps, least: 0),
        ScheduleKind.CosineWithRestarts => Wave((double)(step % Length(Restarts)) / Length(Restarts), RestartedLeast),
        ScheduleKind.Polynomial => first * (1 - (double)Math.Min(step, steps) / steps),
        ScheduleKind.Step => first * Math.Pow(StepFactor, step / Length(2)),
        _ => throw new ArgumentOutOfRangeException(nameof(step), kind, "Unknown schedule."),
    };

    private int Length(int parts) => Math.Max(1, steps / parts);

    private double Wave(double share, double least) => least + (first - least) * (1 + Math.Cos(Math.PI * share)) / 2;
}
