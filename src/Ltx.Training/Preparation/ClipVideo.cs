using Ltx.Training.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>A file's first frames as what the VAE takes (process_videos.py, _preprocess_video, 400fd31).</summary>
/// <param name="Frames">how many there have to be</param>
/// <param name="Time">how they are read</param>
internal sealed record ClipVideo(int Frames, ClipTime Time)
{
    /// <param name="role">what the file is, for a sentence</param>
    /// <param name="type">what the frames are rounded to</param>
    /// <returns>[1, 3, F, H, W] from -1 to 1, on the CPU: prepared alike, whatever device there is</returns>
    /// <exception cref="DataSetException">The file is too short, or cannot be used.</exception>
    public Tensor Read(IMediaFile file, string role, CoverCrop crop, ScalarType type, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        Tensor video = empty([1, 3, Frames, crop.Height, crop.Width], type);
        int count = 0;
        foreach (byte[] frame in file.Read(Frames, Time.Reading, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            video.select(2, count++).copy_(Normalised(frame, file.Height, file.Width, crop));
        }
        if (count == 0 || count < Frames - Time.MostHeld) throw TooShort(role, count, Frames);
        for (int missing = count; missing < Frames; missing++)
        {
            using var inner = NewDisposeScope();
            video.select(2, missing).copy_(video.select(2, count - 1));
        }
        return video.MoveToOuterDisposeScope();
    }

    public static DataSetException TooShort(string role, long has, int needed) =>
        new($"{char.ToUpperInvariant(role[0])}{role[1..]} has {Counted(has)}, and {needed} are needed.");

    /// <summary>Frames, in words.</summary>
    public static string Counted(long frames) => frames == 1 ? "1 frame" : $"{frames} frames";

    // [H, W, 3] bytes -> [1, 3, H, W] from -1 to 1
    private static Tensor Normalised(byte[] frame, int height, int width, CoverCrop crop)
    {
        Tensor picture = tensor(frame, [1, height, width, 3], ScalarType.Byte).permute(0, 3, 1, 2).to(ScalarType.Float32) / 255;
        return crop.Apply(picture).clamp(0, 1) * 2 - 1;
    }
}
