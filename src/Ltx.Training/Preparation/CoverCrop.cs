using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// How a clip's frames come to the size that is trained with: scaled until they cover it, then cut to it around the middle
/// (process_videos.py, _resize_and_crop, 400fd31). Its mask and its reference go the same way, which the reference trainer promises and does not do:
/// they are taken for what lies over the clip, whatever size they have themselves.
/// </summary>
/// <param name="ResizedHeight">pixels before the cut</param>
/// <param name="ResizedWidth">pixels before the cut</param>
/// <param name="Top">first row that stays</param>
/// <param name="Left">first column that stays</param>
/// <param name="Height">of the result</param>
/// <param name="Width">of the result</param>
internal sealed record CoverCrop(int ResizedHeight, int ResizedWidth, int Top, int Left, int Height, int Width)
{
    /// <param name="height">of the clip's frames</param>
    /// <param name="width">of the clip's frames</param>
    /// <param name="toHeight">of what is trained with</param>
    /// <param name="toWidth">of what is trained with</param>
    public static CoverCrop Of(int height, int width, int toHeight, int toWidth)
    {
        // In double precision and cut off, as Python computes it.
        bool isWider = (double)width / height > (double)toWidth / toHeight;
        int resizedHeight = isWider ? toHeight : (int)((double)((long)height * toWidth) / width);
        int resizedWidth = isWider ? (int)((double)((long)width * toHeight) / height) : toWidth;
        return new CoverCrop(resizedHeight, resizedWidth, (resizedHeight - toHeight) / 2, (resizedWidth - toWidth) / 2, toHeight, toWidth);
    }

    /// <summary>Frames, by cubic interpolation; it swings over the range of what came in.</summary>
    /// <param name="frames">[F, C, h, w] floating point, of any size</param>
    /// <returns>[F, C, Height, Width]</returns>
    public Tensor Apply(Tensor frames) => Apply(frames, isCubic: true);

    /// <summary>Masks, by linear interpolation, which stays within their range.</summary>
    /// <param name="masks">[F, 1, h, w] floating point, of any size</param>
    /// <returns>[F, 1, Height, Width]</returns>
    public Tensor ApplyToMask(Tensor masks) => Apply(masks, isCubic: false);

    private Tensor Apply(Tensor pictures, bool isCubic)
    {
        using var scope = NewDisposeScope();
        bool isOfSize = pictures.shape[2] == ResizedHeight && pictures.shape[3] == ResizedWidth;
        Tensor resized = isOfSize ? pictures : Operators.ResizeAntialiased(pictures, ResizedHeight, ResizedWidth, isCubic);
        return resized.narrow(2, Top, Height).narrow(3, Left, Width).MoveToOuterDisposeScope();
    }
}
