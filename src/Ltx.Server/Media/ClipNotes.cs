using System.Globalization;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>What was made of files that are not as large or as long as what was asked for, in sentences for the log.</summary>
internal static class ClipNotes
{
    public static List<string> Of(ClipJob job, ClipFiles files, SourcePlanes planes, int frames, VideoFindings found, MaskFrames masked)
    {
        (MediaInfo source, MediaInfo mask, FrameSize size) = files;
        FrameRate rate = FrameRate.FromDouble(job.FramesPerSecond);
        List<string> notes = [.. new[] { source.Choice, mask.Choice, masked.Note }.OfType<string>()];
        int maskFrames = masked.Frames.Count;
        if (found.LostAtStart > 0) notes.Add("The source video begins between two key frames; the clip, picture and sound, begins with the first frame that can be decoded.");
        if (found.Suspect > 0 && found.Concealed.Count == 0) notes.Add("The source video's file has faults, as where pieces were joined; every frame could be decoded all the same.");
        if (found.Concealed.Count > 0) notes.Add($"{found.Concealed.Count} of {frames} frames of the source video could not be decoded as they were meant ({FramePlaces.Text(found.Concealed, rate)}); they are shown repaired, or as the frame before.");
        if (found.ChangesFormat) notes.Add("The source video changes its picture size or pixel format on the way; all of it is brought to that of its beginning.");
        if (mask.HasAlpha) notes.Add("The mask has an alpha channel; its brightness alone is used, and where the alpha draws anything it says the same.");
        if (planes.Changes.Count > 0) notes.Add($"What is kept of the source video is not bit for bit what it stores, because it {string.Join(", and it ", planes.Changes)}.");
        if (!planes.Colours.HasTagForChroma) notes.Add("The source video is turned or mirrored, and its colour comes to lie where no file can say; it is marked as half a pixel from there.");
        if (frames < job.Frames) notes.Add(string.Create(CultureInfo.InvariantCulture, $"The source video has {frames} frames at {rate.Value:0.###} a second, and so has the result; {job.Frames} were allowed."));
        // One that was drawn for the displayed size before its last row or column went is no other size.
        if ((mask.Width, mask.Height) != (source.Width, source.Height) && (mask.Width, mask.Height) != (size.Width, size.Height)) notes.Add($"The mask is {mask.Width}x{mask.Height} pixels, and is stretched to {size}.");
        if (mask.Kind == MediaKind.StillImage) return notes;
        if (maskFrames < frames) notes.Add($"The mask ends after {maskFrames} of {frames} frames; its last one is held.");
        if (mask.Duration > source.Duration + rate.DurationOf(1) && source.Duration > TimeSpan.Zero) notes.Add("The mask is longer than the source video; its rest is not used.");
        return notes;
    }
}
