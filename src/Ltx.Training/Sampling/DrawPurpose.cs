namespace Ltx.Training.Sampling;

/// <summary>What random numbers are for.</summary>
internal enum DrawPurpose
{
    /// <summary>Noise of a step, and which conditions it has.</summary>
    Step = 1,

    /// <summary>The order of a round through the clips.</summary>
    Order = 2,

    /// <summary>A LoRA's first values.</summary>
    Adapters = 3,
}
