namespace Ltx.Training;

/// <summary>How the learning rate changes over a training.</summary>
public enum ScheduleKind
{
    /// <summary>Falls evenly to a tenth.</summary>
    Linear,

    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Falls to nothing along half a wave.</summary>
    Cosine,

    /// <summary>The same four times over, and not to nothing.</summary>
    CosineWithRestarts,

    /// <summary>Falls evenly to nothing.</summary>
    Polynomial,

    /// <summary>Falls to a tenth at half time.</summary>
    Step,
}
