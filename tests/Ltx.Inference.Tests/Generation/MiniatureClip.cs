using Ltx.Inference.Generation;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>A small moving scene with a moving rectangle to fill, as a request that the miniature answers within a second or two.</summary>
internal static class MiniatureClip
{
    /// <summary>One that follows another: what is drawn is no matter here.</summary>
    public const int Steps = 2;

    public static InpaintRequest Request(int frames = 9, int height = 128, int width = 128) =>
        new(new GenerationParameters("a red disc") { Steps = Steps, Seed = 1234 }, Scene(frames, height, width), Rectangle(frames, height, width), width, height, 24);

    /// <summary>The same clip, generated another way.</summary>
    public static InpaintRequest With(this InpaintRequest request, Func<GenerationParameters, GenerationParameters> change) => request with { Parameters = change(request.Parameters) };

    /// <summary>The same request with frames as a camera's file has them: BT.709, limited range, chroma halved.</summary>
    public static InpaintRequest InPlanes(this InpaintRequest request)
    {
        FrameLayout layout = new(YuvColours.Bt709, request.Height, request.Width);
        using var scope = NewDisposeScope();
        Tensor planes = zeros([request.Frames.Count, layout.FrameBytes], ScalarType.Byte);
        layout.Planes(planes).CopyFrom(layout.FromRgb(ClipTensors.Bytes(request.Frames, request.Height, request.Width, 3, CPU).to(ScalarType.Float32)));
        return request with { Yuv = YuvColours.Bt709, Frames = [.. Enumerable.Range(0, request.Frames.Count).Select(i => planes[i].data<byte>().ToArray())] };
    }

    /// <summary>Two colours in a slow wave that drifts.</summary>
    public static byte[][] Scene(int frames, int height, int width) => [.. Enumerable.Range(0, frames).Select(frame =>
    {
        byte[] pixels = new byte[height * width * 3];
        for (int i = 0; i < height * width; i++)
        {
            double wave = 0.5 + 0.5 * Math.Sin((i % width + 2 * (i / width) + 3 * frame) / 40.0);
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(40 + 60 * wave), (byte)(150 - 80 * wave), (byte)(90 + 100 * wave));
        }
        return pixels;
    })];

    /// <summary>White in a rectangle of half the size, which moves to the right by a pixel a frame.</summary>
    public static byte[][] Rectangle(int frames, int height, int width) => [.. Enumerable.Range(0, frames).Select(frame =>
    {
        byte[] pixels = new byte[height * width];
        for (int y = height / 4; y < height * 3 / 4; y++) pixels.AsSpan(y * width + width / 4 + frame, width / 2 - 1).Fill(255);
        return pixels;
    })];

    public static byte[][] Uniform(byte value, int frames, int size) => [.. Enumerable.Range(0, frames).Select(_ => Enumerable.Repeat(value, size).ToArray())];
}
