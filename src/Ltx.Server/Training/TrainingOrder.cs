using Ltx.Inference.Latents;
using Ltx.Training;
using Ltx.Training.Data;
using Ltx.Training.Preparation;

namespace Ltx.Server.Training;

/// <summary>A training from its data set to its file.</summary>
/// <param name="Data">a zip, or a folder</param>
/// <param name="Folder">where everything goes that it makes; a training that was begun there goes on</param>
/// <param name="Options">how it goes</param>
/// <param name="Preparation">what is made of the clips, of the model's grid</param>
internal sealed record TrainingOrder(string Data, string Folder, TrainingOptions Options, Func<VideoScale, PreparationOptions> Preparation)
{
    /// <summary>How large the data set may be.</summary>
    public DataSetLimits Limits { get; init; } = DataSetLimits.Default;

    /// <summary>Clips that are made with what was learned so far.</summary>
    public IReadOnlyList<PreviewClip> Previews { get; init; } = [];

    /// <summary>After how many steps they are made; 0 for at the end alone.</summary>
    public int PreviewEvery { get; init; }

    /// <summary>The size of previews, of the model's grid; null for that of each preview's clip.</summary>
    public Func<VideoScale, PixelShape>? PreviewSize { get; init; }

    /// <summary>Frames of a preview at most.</summary>
    public int PreviewFrames { get; init; } = 89;

    /// <summary>Frames a second of a preview.</summary>
    public double PreviewFramesPerSecond { get; init; } = 24;

    /// <summary>What a preview is to stay away from.</summary>
    public string PreviewNegativePrompt { get; init; } = "";

    /// <summary>Whether what was prepared is packed, for a person to look at.</summary>
    public bool KeepsDataSet { get; init; }

    /// <summary>Where prepared clips are kept; null for a folder in <see cref="Folder"/>. Trainings may share one.</summary>
    public string? Cache { get; init; }
}

/// <summary>A clip to try the training with.</summary>
/// <param name="Prompt">what it is to show; the trigger phrase goes in front</param>
/// <param name="Video">the clip that is inpainted or outpainted, or the picture that begins; null for kinds without</param>
/// <param name="Mask">white where it is made anew; null for kinds without</param>
/// <param name="Reference">the other clip; null for kinds without</param>
internal sealed record PreviewClip(string Prompt, string? Video = null, string? Mask = null, string? Reference = null);
