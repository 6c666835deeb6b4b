using Ltx.Inference.Latents;
using Ltx.Training.Preparation;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

/// <summary>
/// Models without weights: a cell's latent is the mean of its pixels, a caption's context its letters. They tell what was done with them.
/// </summary>
internal sealed class FakeModels : IPreparationModels
{
    private int open;

    /// <summary>What was opened and encoded, in order.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Whether the video encoder's numbers are none.</summary>
    public bool SpoilsClips { get; init; }

    /// <summary>The same of the text encoder.</summary>
    public bool SpoilsCaptions { get; init; }

    public ScalarType Type => ScalarType.Float32;

    public VideoScale Scale { get; init; } = new(8, 32, 32);

    public string ClipIdentity { get; init; } = "a VAE";

    public string CaptionIdentity { get; init; } = "a text encoder";

    public IClipEncoder OpenClips()
    {
        Open("clips");
        return new Clips(this);
    }

    public ICaptionEncoder OpenCaptions()
    {
        Open("captions");
        return new Captions(this);
    }

    /// <summary>What the encoder makes of a clip.</summary>
    /// <param name="video">[1, 3, F, H, W]</param>
    public static Tensor Means(Tensor video, VideoScale scale)
    {
        using var scope = NewDisposeScope();
        // [3, F, H, W] -> [3, F, H', W'], and the first frame alone, then eights.
        Tensor cells = nn.functional.avg_pool2d(video.squeeze(0), [scale.Height, scale.Width], [scale.Height, scale.Width]);
        long frames = cells.shape[1] - 1;
        Tensor rest = cells.narrow(1, 1, frames).view(3, frames / scale.Time, scale.Time, cells.shape[2], cells.shape[3]).mean([2]);
        return cat([cells.narrow(1, 0, 1), rest], 1).unsqueeze(0).MoveToOuterDisposeScope();
    }

    private void Open(string what)
    {
        Assert.Equal(0, open++);
        Log.Add($"open {what}");
    }

    private void Close()
    {
        open--;
        Log.Add("close");
    }

    private sealed class Clips(FakeModels models) : IClipEncoder
    {
        public Tensor Encode(Tensor video)
        {
            models.Log.Add($"clip {string.Join('x', video.shape)}");
            return models.SpoilsClips ? full_like(Means(video, models.Scale), double.NaN) : Means(video, models.Scale);
        }

        public void Dispose() => models.Close();
    }

    private sealed class Captions(FakeModels models) : ICaptionEncoder
    {
        public Tensor Encode(string caption)
        {
            models.Log.Add($"caption {caption}");
            float[] letters = [.. $"{caption} ".Select(letter => (float)letter)];
            return (models.SpoilsCaptions ? full([letters.Length], float.PositiveInfinity) : tensor(letters)).view(1, letters.Length, 1);
        }

        public void Dispose() => models.Close();
    }
}
