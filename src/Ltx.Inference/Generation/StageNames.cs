namespace Ltx.Inference.Generation;

/// <summary>The stages of a run, as progress, report and plan name them.</summary>
internal static class StageNames
{
    public const string Text = "prompt", Source = "source", Stage1 = "stage 1", Upsampling = "upsampling", Stage2 = "stage 2", Sound = "sound", Frames = "frames";
}
