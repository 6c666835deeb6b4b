namespace Ltx.Inference.Planning;

/// <summary>A run's stages, in their order.</summary>
public enum InpaintStage
{
    Preparing,
    Prompt,
    Source,
    Stage1,
    Upsampling,
    Stage2,
    Sound,
    Frames,
}

/// <summary>What stages are called.</summary>
public static class InpaintStages
{
    /// <summary>As people read it, and reports and metrics have it.</summary>
    public static string Name(this InpaintStage stage) => stage switch
    {
        InpaintStage.Preparing => "preparing",
        InpaintStage.Prompt => "prompt",
        InpaintStage.Source => "source",
        InpaintStage.Stage1 => "stage 1",
        InpaintStage.Upsampling => "upsampling",
        InpaintStage.Stage2 => "stage 2",
        InpaintStage.Sound => "sound",
        _ => "frames",
    };
}
