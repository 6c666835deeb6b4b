using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Parity.Cards;

/// <summary>
/// The project's own kernels on the card, at the sizes of the model: how far each and its plain twin are from the same in float32, and seconds of both
/// beside those of a copy of as many bytes.
/// </summary>
internal static class KernelCheck
{
    private const int Width = 4096, Heads = 32, Wide = 4 * Width, Channels = 128, Tries = 5;
    private const double Epsilon = 1e-6;

    public static bool Run(DeviceCheck check)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Console.WriteLine($"{check.Device}: {KernelLaunchers.Describe(check.Device)}");
        if (check.Device.type == DeviceType.CUDA && FusedKernels.For(zeros(1, ScalarType.BFloat16, check.Device)) is null) return false;
        bool good = true;
        Console.WriteLine($"{"kernel",-16} {"tokens",8} {"error",9} {"plain's",9} {"ms",8} {"plain's",8} {"copy's",8}");
        foreach (int tokens in check.Numbers)
        {
            foreach ((string name, Func<ScalarType, Tensor> run) in Chains(check.Device, tokens))
            {
                using var chain = NewDisposeScope();
                (Tensor fused, double bytes, double seconds) = Timed(check.Device, () => run(ScalarType.BFloat16));
                using IDisposable without = KernelLaunchers.Use(check.Device.type, null);
                (Tensor plain, _, double plainSeconds) = Timed(check.Device, () => run(ScalarType.BFloat16));
                Tensor exact = run(ScalarType.Float32);
                double error = Error(fused, exact), plainError = Error(plain, exact);
                // The kernels round once where operators round each time.
                bool near = error <= 1.05 * plainError;
                good &= near;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name,-16} {tokens,8} {error,9:0.0e0} {plainError,9:0.0e0} {1e3 * seconds,8:0.000} {1e3 * plainSeconds,8:0.000} {1e3 * CopySeconds(check.Device, bytes),8:0.000}{(near ? "" : "  FAIL")}"));
            }
        }
        return good;
    }

    private static IEnumerable<(string Name, Func<ScalarType, Tensor> Run)> Chains(Device device, int tokens)
    {
        Generator generator = new(1, device);
        Tensor Random(params long[] shape) => randn(shape, ScalarType.BFloat16, device, generator: generator);
        Tensor x = Random(1, tokens, Width), y = Random(1, tokens, Width), weight = Random(Width), logits = Random(1, tokens, Heads), wide = Random(1, tokens, Wide);
        Tensor angles = Random(1, tokens, Heads, Width / Heads / 2), clip = ChannelsLast.Of(Random(1, Channels, tokens / 64, 64, 64));
        Tensor cosines = angles.cos(), sines = angles.sin();
        LevelTable table = new(Random(2, 9, Width), Random(9, Width), arange(tokens, ScalarType.Int64, device) % 2);
        LevelTable In(ScalarType type) => table with { Levels = table.Levels.to(type), Table = table.Table.to(type) };
        yield return ("norm_modulate", type => Modulations.NormModulate(x.to(type), In(type), 1, 0, Epsilon));
        yield return ("add_gated", type => Modulations.AddGated(x.to(type), y.to(type), In(type), 2));
        yield return ("norm_rotate", type =>
        {
            Tensor given = x.to(type), cos = cosines.to(type), sin = sines.to(type);
            return FusedKernels.For(given)?.NormRotate(given, weight, Epsilon, cos, sin, false) ?? new RotaryTable(cos, sin).Rotate(Operators.RmsNorm(given, weight.to(type), Epsilon));
        });
        yield return ("gate_heads", type =>
        {
            Tensor given = x.to(type), gates = logits.to(type);
            return FusedKernels.For(given)?.GateHeads(given, gates) ?? (given.view(1, tokens, Heads, -1) * (2 * gates.sigmoid()).unsqueeze(-1)).view(given.shape);
        });
        yield return ("gelu", type =>
        {
            Tensor given = wide.to(type);
            return FusedKernels.For(given)?.Gelu(given) ?? nn.functional.gelu(given, TorchSharp.Modules.GELU.Approximate.tanh);
        });
        yield return ("quantize_rows", type =>
        {
            Tensor rows = x.to(type).flatten(0, -2);
            if (type == ScalarType.Float32) return rows;
            (Tensor values, Tensor scales) = FusedKernels.For(rows)?.QuantizeRows(rows) ?? Float8.QuantizeRows(rows);
            return values.to(ScalarType.Float32) * scales;
        });
        yield return ("norm_silu", type =>
        {
            Tensor given = clip.to(type), into = ChannelsLast.Empty(given, given.shape[2]);
            PixelNorm.VideoSilu(given, into);
            return into;
        });
    }

    // The best of several, and what the kernel reads and writes.
    private static (Tensor Result, double Bytes, double Seconds) Timed(Device device, Func<Tensor> run)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            using var scope = NewDisposeScope();
            DeviceClock.Wait(device);
            long start = Stopwatch.GetTimestamp();
            run();
            DeviceClock.Wait(device);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Tensor result = run();
        return (result, 2.0 * result.numel() * result.ElementSize, best);
    }

    private static double CopySeconds(Device device, double bytes)
    {
        using var scope = NewDisposeScope();
        Tensor from = empty([(long)bytes / 2], ScalarType.Byte, device);
        double best = double.MaxValue;
        for (int i = 0; i < Tries; i++)
        {
            DeviceClock.Wait(device);
            long start = Stopwatch.GetTimestamp();
            from.clone().Dispose();
            DeviceClock.Wait(device);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    private static double Error(Tensor actual, Tensor exact)
    {
        using var scope = NewDisposeScope();
        Tensor wide = exact.to(ScalarType.Float32);
        return ((actual.to(ScalarType.Float32) - wide).norm() / wide.norm()).item<float>();
    }
}
