namespace Ltx.Training;

/// <summary>What a LoRA is taught: what of a clip it is given, and what it has to make.</summary>
public enum TrainingKind
{
    /// <summary>The clip outside its mask is given.</summary>
    Inpaint,

    /// <summary>A rectangle of the clip is given, the same in every clip.</summary>
    Outpaint,

    /// <summary>Another clip is given, frame for frame (an IC-LoRA).</summary>
    VideoToVideo,

    /// <summary>Another clip, and the clip outside its mask.</summary>
    MaskedVideoToVideo,

    /// <summary>The caption alone.</summary>
    TextToVideo,

    /// <summary>The first frame, often.</summary>
    ImageToVideo,
}
