namespace Ltx.Training.Forward;

/// <summary>
/// Which layers a LoRA is trained for: those of the video stream, by the end of their names. Gates, noise levels and both ends are never among them.
/// Source: the configurations of ltx-trainer (400fd31), video_inpainting_lora.yaml and v2v_ic_lora.yaml.
/// </summary>
internal static class LoraTargets
{
    private static readonly string[] Attention =
        [.. from layer in new[] { "attn1", "attn2" } from part in new[] { "to_q", "to_k", "to_v", "to_out.0" } select $"{layer}.{part}"];

    private static readonly string[] FeedForward = ["ff.net.0.proj", "ff.net.2"];

    /// <summary>Whether the feed-forwards are among them.</summary>
    public static bool LearnsForward(TrainingKind kind) => kind is TrainingKind.VideoToVideo or TrainingKind.MaskedVideoToVideo;

    /// <param name="kind">what is taught; a reference is learned with the feed-forwards, too</param>
    /// <param name="linears">names of all linear layers</param>
    public static IEnumerable<string> Of(TrainingKind kind, IEnumerable<string> linears)
    {
        string[] ends = LearnsForward(kind) ? [.. Attention, .. FeedForward] : Attention;
        return linears.Where(name => name.StartsWith("transformer_blocks.", StringComparison.Ordinal) && ends.Any(end => name.EndsWith("." + end, StringComparison.Ordinal)));
    }
}
