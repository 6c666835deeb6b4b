namespace Ltx.Training.Preparation;

/// <summary>Width to height of what is trained with.</summary>
internal enum TrainingAspect
{
    /// <summary>16:9.</summary>
    Landscape,

    /// <summary>1:1, the hosted trainers' default.</summary>
    Square,

    /// <summary>9:16.</summary>
    Portrait,
}
