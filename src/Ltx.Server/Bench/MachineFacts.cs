using System.Globalization;
using Ltx.Inference.Kernels;
using Ltx.Inference.Measuring;
using Ltx.Inference.Native;
using TorchSharp;

namespace Ltx.Server.Bench;

/// <summary>What a measurement was taken on.</summary>
internal static class MachineFacts
{
    private const string Processors = "/proc/cpuinfo", Load = "/proc/loadavg", NameKey = "model name";

    /// <param name="device">what is measured</param>
    /// <param name="type">what it computes in</param>
    public static BenchReport.MachineRow Read(torch.Device device, torch.ScalarType type)
    {
        LibTorchFacts facts = LibTorchFacts.Read();
        AttentionKernel attention = AttentionKernel.Of(device, type);
        return new BenchReport.MachineRow(
            Processor(), Environment.ProcessorCount, LoadAverage(), Gpu(device), $"{facts.Version} ({facts.Blas.Split('\n')[0].Trim()}), {facts.Threads} threads",
            $"{attention.Sentence}{(attention.Advice is { } advice ? $". {advice}" : "")}", KernelLaunchers.Describe(device));
    }

    /// <summary>The name of a CUDA device; null for others.</summary>
    public static string? Gpu(torch.Device device) => device.type == DeviceType.CUDA ? CudaName.Read(Math.Max(0, device.index)) : null;

    private static string Processor()
    {
        string? line = File.Exists(Processors) ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith(NameKey, StringComparison.Ordinal)) : null;
        return line is null ? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static double? LoadAverage() => File.Exists(Load) ? double.Parse(File.ReadAllText(Load).Split(' ')[0], CultureInfo.InvariantCulture) : null;
}
