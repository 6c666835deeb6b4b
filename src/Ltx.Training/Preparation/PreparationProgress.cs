namespace Ltx.Training.Preparation;

/// <summary>What is being done with the clips, in this order.</summary>
internal enum PreparationStage
{
    /// <summary>Files are looked at and hashed, masks are read.</summary>
    Looking,

    /// <summary>Clips and references become latents.</summary>
    Clips,

    /// <summary>Captions become contexts.</summary>
    Captions,
}

/// <summary>How far it is.</summary>
/// <param name="Done">of what this stage has to do; what was there from before counts as done</param>
/// <param name="Clip">the one that is worked on; null at a stage's end</param>
internal sealed record PreparationProgress(PreparationStage Stage, int Done, int Of, string? Clip);
