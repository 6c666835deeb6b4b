using System.Text;

namespace Ltx.Training.Data;

/// <summary>What a clip's prompt is: its caption with the trigger phrase in front, as the reference's <c>--lora-trigger</c> has it.</summary>
/// <param name="trigger">the phrase; empty for none</param>
/// <param name="layout">says whether a clip may be without words</param>
internal sealed class CaptionReader(string trigger, DataSetLayout layout, DataSetLimits limits)
{
    private readonly string trigger = trigger.Trim();

    /// <param name="file">the caption; null where the clip has none</param>
    /// <returns>the prompt, and what is to be said of it; null for nothing</returns>
    /// <exception cref="DataSetException">The file cannot be used, or there are no words where some are needed.</exception>
    public (string Prompt, string? Note) Read(ClipFile? file)
    {
        string caption = file is null ? "" : Text(file);
        if (caption.Length > 0) return (trigger.Length == 0 ? caption : $"{trigger} {caption}", null);
        string lacks = file is null ? "has no caption" : "has an empty caption";
        if (trigger.Length > 0) return (trigger, $"The clip {lacks}; the trigger phrase stands for it.");
        return !layout.NeedsCaption ? ("", $"The clip {lacks}; it is trained without words.")
            : throw new DataSetException($"The clip {lacks}, and there is no trigger phrase: {layout.Name} learns what words mean.");
    }

    private string Text(ClipFile file)
    {
        // The length is asked first: a pipe or a device, which a folder may hold, has none and would never end.
        FileInfo info = new(file.Path);
        if (!info.Exists || (info.ResolveLinkTarget(returnFinalTarget: true) ?? info) is not FileInfo { Exists: true } target)
        {
            throw new DataSetException("The caption cannot be read.");
        }
        if (target.Length == 0) return "";
        if (target.Length > limits.MaxCaptionBytes)
        {
            throw new DataSetException($"The caption has {target.Length} bytes, and at most {limits.MaxCaptionBytes} are read.");
        }
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file.Path)).TrimStart('\uFEFF').Trim();
        }
        catch (DecoderFallbackException e)
        {
            throw new DataSetException("The caption is not text in UTF-8.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException("The caption cannot be read.", e);
        }
    }
}
