using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>Where in a frame's bytes its numbers lie, and what they mean: RGB24, or the planes Y, Cb and Cr one after the other.</summary>
/// <param name="yuv">of the planes; null for RGB24</param>
internal sealed class FrameLayout(YuvColours? yuv, int height, int width)
{
    private readonly YuvConversion? conversion = yuv is null ? null : new(yuv);

    public static FrameLayout Of(InpaintRequest request) => new(request.Yuv, request.Height, request.Width);

    public int FrameBytes => yuv is null ? 3 * height * width : height * width * 3 / 2;

    /// <summary>All frames, as they are.</summary>
    /// <returns>[F, bytes of a frame] on the device</returns>
    public Tensor Upload(IReadOnlyList<byte[]> frames, Device device)
    {
        Tensor clip = empty([frames.Count, FrameBytes], ScalarType.Byte, device);
        foreach ((int i, byte[] frame) in frames.Index())
        {
            using var scope = NewDisposeScope();
            clip[i].copy_(tensor(frame, ScalarType.Byte).to(device));
        }
        return clip;
    }

    /// <summary>The numbers of frames, in place.</summary>
    /// <param name="frames">[F, bytes of a frame]</param>
    public FramePlanes Planes(Tensor frames)
    {
        long count = frames.shape[0], pixels = (long)height * width;
        return yuv is null
            ? new FramePlanes(frames.view(count, height, width, 3).permute(0, 3, 1, 2), null)
            : new FramePlanes(frames.narrow(1, 0, pixels).view(count, 1, height, width), frames.narrow(1, pixels, pixels / 2).view(count, 2, height / 2, width / 2));
    }

    /// <summary>What the model is shown of frames.</summary>
    /// <param name="frames">[F, bytes of a frame]</param>
    /// <returns>[F, 3, H, W] bytes</returns>
    public Tensor ToRgb(Tensor frames)
    {
        FramePlanes planes = Planes(frames);
        if (planes.Half is null) return planes.Full;
        Tensor rgb = empty([frames.shape[0], 3, height, width], ScalarType.Byte, frames.device);
        foreach ((long start, long count) in ClipTensors.Chunks(rgb))
        {
            using var scope = NewDisposeScope();
            FramePlanes some = planes.Narrow(start, count).ToFloat();
            rgb.narrow(0, start, count).copy_(SeamBlend.ToBytes(conversion!.ToRgb(some.Full, some.Half!)));
        }
        return rgb;
    }

    /// <summary>Pixels, or a part of them, as numbers of this layout.</summary>
    /// <param name="rgb">[F, 3, h, w] float32 from 0 to 255; with planes, of even sides</param>
    /// <returns>float32, neither rounded nor clamped</returns>
    public FramePlanes FromRgb(Tensor rgb)
    {
        if (conversion is null) return new FramePlanes(rgb.alias(), null);
        // Out of RGB's range there is no colour that a screen could show.
        using Tensor shown = rgb.clamp(0, 255);
        (Tensor luma, Tensor chroma) = conversion.FromRgb(shown);
        return new FramePlanes(luma, chroma);
    }

    /// <summary>One frame as RGB24, for whoever looks at it.</summary>
    public byte[] ToRgb24(byte[] frame)
    {
        if (yuv is null) return frame;
        using var scope = NewDisposeScope();
        return ToRgb(tensor(frame, [1, FrameBytes], ScalarType.Byte))[0].permute(1, 2, 0).ToArray<byte>();
    }
}
