using System.Globalization;
using Ltx.Inference.Lora;

namespace Ltx.Training.Checkpoints;

/// <summary>What a file that was trained here says of itself: for our own server, which chooses its recipe by it, and for people.</summary>
internal static class FileMetadata
{
    public static IReadOnlyDictionary<string, string> Of(TrainingOptions options, TrainingFingerprint fingerprint, int steps)
    {
        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            [LoraFile.KindKey] = options.Kind switch
            {
                TrainingKind.Inpaint or TrainingKind.Outpaint => "mask",
                TrainingKind.VideoToVideo or TrainingKind.MaskedVideoToVideo => "reference",
                _ => "none",
            },
            ["training_kind"] = TrainingKinds.NameOf(options.Kind),
            ["base_model"] = fingerprint.Values["model"],
            ["training_steps"] = steps.ToString(CultureInfo.InvariantCulture),
        };
        if (!string.IsNullOrEmpty(options.Trigger)) metadata["trigger_phrase"] = options.Trigger;
        if (metadata[LoraFile.KindKey] == "reference")
        {
            // The second name is an older one; readers know either. Written also where they are 1: that it has a reference is a fact, too.
            string downscale = options.ReferenceDownscale.ToString(CultureInfo.InvariantCulture);
            metadata["reference_spatial_scale_factor"] = metadata["reference_downscale_factor"] = downscale;
            metadata["reference_temporal_scale_factor"] = options.ReferenceTemporalScale.ToString(CultureInfo.InvariantCulture);
        }
        return metadata;
    }
}
