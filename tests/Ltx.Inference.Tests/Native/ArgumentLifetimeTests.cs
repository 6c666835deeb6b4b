using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Ltx.Server.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Native;

/// <summary>What TorchSharp hands to libtorch lives until libtorch is done with it (build/TorchSharpPatch).</summary>
[Fast]
[Collection(Alone.Name)]
public sealed class ArgumentLifetimeTests
{
    private const int Workers = 2, Elements = 1 << 15;
    private const double Value = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(LongForm.IsOn ? 65 : 10);

    /// <summary>
    /// Collections beside operators whose scalar nobody else holds. libtorch looks at the factor of an addition only after it has converted the
    /// other operand, so the time in which the scalar must not go is long.
    /// </summary>
    [Fact]
    public void No_collection_frees_a_scalar_that_libtorch_still_reads()
    {
        Stopwatch clock = Stopwatch.StartNew();
        List<string> failures = [];
        Thread[] workers = [.. Enumerable.Range(0, Workers).Select(_ => new Thread(() => Work(clock, failures)))];
        Thread collector = new(() => Collect(clock));
        foreach (Thread thread in (Thread[])[.. workers, collector]) thread.Start();
        foreach (Thread thread in (Thread[])[.. workers, collector]) thread.Join();
        Assert.True(failures.Count == 0, $"{failures.Count} failures; the first: {failures.FirstOrDefault()}");
    }

    [Fact]
    public void TorchSharp_is_built_so_that_the_JIT_keeps_arguments()
    {
        Assembly assembly = typeof(torch).Assembly;
        Assert.Equal(AppContext.BaseDirectory, Path.GetDirectoryName(assembly.Location) + Path.DirectorySeparatorChar);
        Assert.Equal(0x107, (int)assembly.GetCustomAttribute<DebuggableAttribute>()!.DebuggingFlags);
    }

    private static void Work(Stopwatch clock, List<string> failures)
    {
        using Tensor large = full([Elements], Value, ScalarType.Float64), small = full([16], Value, ScalarType.Float64);
        using Tensor ones = torch.ones([Elements], ScalarType.Int32);
        while (clock.Elapsed < Duration)
        {
            try
            {
                Round(large, ones, small);
                double[] left = [large[0].item<double>(), small[0].item<double>()];
                if (left.All(value => value == Value)) continue;
                lock (failures) failures.Add($"{string.Join(", ", left)} in the place of {Value}");
                large.fill_(Value);
                small.fill_(Value);
            }
            catch (Exception e)
            {
                lock (failures) failures.Add(e.Message);
                large.fill_(Value);
                small.fill_(Value);
            }
        }
    }

    // Optimized from the first call on, as everything is after a while.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Round(Tensor large, Tensor ones, Tensor small)
    {
        large.add_(ones);
        large.sub_(ones);
        small.add_(Value);
        small.mul_(0.5);
    }

    private static void Collect(Stopwatch clock)
    {
        while (clock.Elapsed < Duration)
        {
            GC.Collect(0);
            // Otherwise the others would do nothing but stand still for collections.
            Thread.SpinWait(2000);
        }
    }
}
