using System.Globalization;
using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Parity.Cards;

/// <summary>What a check is given.</summary>
/// <param name="Model">weights of the real form</param>
/// <param name="Device">where to compute</param>
/// <param name="Type">what to compute in</param>
/// <param name="Sizes">of requests</param>
/// <param name="Numbers">tokens, ranks or sets</param>
/// <param name="Memory">bytes that may be used, or null for all</param>
internal sealed record DeviceCheck(ModelFolder Model, Device Device, ScalarType Type, IReadOnlyList<RequestShape> Sizes, IReadOnlyList<int> Numbers, long? Memory)
{
    public static RequestShape Size(string text)
    {
        int[] numbers = [.. text.Split('x').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return numbers is [> 0, > 0, > 0] ? new RequestShape(numbers[2], numbers[1], numbers[0]) : throw new InferenceException(Fault.Input, $"\"{text}\" is not WIDTHxHEIGHTxFRAMES.");
    }

    public InpaintPipeline Open(RequestShape? plannedFor = null, Action<LoadProgress>? progress = null) =>
        new(Model, Device, Type, new InpaintOptions(WorkingShortSide: 0, Memory: Memory, PlannedFor: plannedFor), progress);

    /// <summary>A moving pattern, of which the middle is to be made anew.</summary>
    public static InpaintRequest Request(RequestShape shape, int steps)
    {
        byte[] mask = new byte[shape.Height * shape.Width];
        for (int y = shape.Height / 4; y < shape.Height * 3 / 4; y++) mask.AsSpan(y * shape.Width + shape.Width / 4, shape.Width / 2).Fill(byte.MaxValue);
        List<byte[]> frames = [.. Enumerable.Range(0, shape.Frames).Select(frame =>
        {
            byte[] pixels = new byte[shape.Height * shape.Width * 3 / 2];
            for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i / 7 + 3 * frame);
            return pixels;
        })];
        return new InpaintRequest(new GenerationParameters("a red disc") { Steps = steps, Seed = 7 }, frames, [mask], shape.Width, shape.Height, 24) { Yuv = YuvColours.Bt709 };
    }

    public static string Gigabytes(double bytes) => (bytes / 1e9).ToString("0.00", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
}
