using System.Diagnostics;
using Ltx.Inference.Costs;
using Ltx.Inference.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>Measures what a device reaches when it is given nothing but one large operator at a time.</summary>
public static class CeilingProbe
{
    // The best of several: what disturbs a measurement only ever makes it slower.
    private const int Tries = 5;

    // Sizes that fill the device without taking long: about 10 GFLOP on a CPU, a thousand times that on a GPU.
    private static readonly Sizes OnCpu = new(Rows: 1024, Width: 2048, Tokens: 1024, Heads: 16, Channels: 128, Side: 32, Frames: 4, Copied: 1 << 24);
    private static readonly Sizes OnGpu = new(Rows: 16384, Width: 8192, Tokens: 16384, Heads: 32, Channels: 512, Side: 128, Frames: 16, Copied: 1 << 30);

    /// <param name="device">where</param>
    /// <param name="type">in what type</param>
    public static Ceiling Measure(Device device, ScalarType type)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Sizes sizes = device.type == DeviceType.CUDA ? OnGpu : OnCpu;
        Tensor Random(params long[] shape) => randn(shape, type, device);
        Tensor x = Random(sizes.Rows, sizes.Width), weight = Random(sizes.Width, sizes.Width);
        double products = Best(device, () => nn.functional.linear(x, weight), Operations.Product(sizes.Rows, sizes.Width, sizes.Width));
        const int HeadFeatures = 128;
        Tensor q = Random(1, sizes.Heads, sizes.Tokens, HeadFeatures), k = Random(1, sizes.Heads, sizes.Tokens, HeadFeatures), v = Random(1, sizes.Heads, sizes.Tokens, HeadFeatures);
        double attention = Best(device, () => nn.functional.scaled_dot_product_attention(q, k, v), Operations.Attend(sizes.Tokens, sizes.Tokens, sizes.Heads * HeadFeatures));
        // In two dimensions as well: what the video VAE makes of its convolutions on a CPU may be faster than libtorch's in three. In both layouts:
        // a GPU convolves channels that lie side by side half as fast again. Through the model's own layer, which knows what a processor cannot do.
        double cells = (double)sizes.Frames * sizes.Side * sizes.Side;
        double Convolved(Tensor input, Tensor kernel)
        {
            long[] ones = [.. Enumerable.Repeat(1L, kernel.shape.Length - 2)];
            long taps = kernel.shape[2..].Aggregate((product, side) => product * side);
            Operations work = Operations.Convolution(taps, sizes.Channels, sizes.Channels, cells);
            return Best(device, () => Convolution.Of(input, kernel, null, ones, ones), work);
        }
        double flat = Convolved(Random(sizes.Frames, sizes.Channels, sizes.Side, sizes.Side), Random(sizes.Channels, sizes.Channels, 3, 3));
        Tensor clip = Random(1, sizes.Channels, sizes.Frames, sizes.Side, sizes.Side), kernel = Random(sizes.Channels, sizes.Channels, 3, 3, 3);
        double solid = Convolved(clip, kernel), channelsLast = Convolved(ChannelsLast.Of(clip), ChannelsLast.Of(kernel));
        Tensor large = Random(sizes.Copied);
        double copy = Best(device, () => large.clone(), 2.0 * sizes.Copied * large.ElementSize);
        return new Ceiling(products, Math.Max(flat, Math.Max(solid, channelsLast)), attention, copy, $"measured in this run, {type}");
    }

    private static double Best(Device device, Func<Tensor> run, Operations work) => Best(device, run, work.Total);

    private static double Best(Device device, Func<Tensor> run, double amount)
    {
        double best = 0;
        for (int i = 0; i < Tries; i++)
        {
            DeviceClock.Wait(device);
            long start = Stopwatch.GetTimestamp();
            run().Dispose();
            DeviceClock.Wait(device);
            best = Math.Max(best, amount / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private sealed record Sizes(long Rows, long Width, long Tokens, long Heads, long Channels, long Side, long Frames, long Copied);
}
