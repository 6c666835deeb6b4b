using System.Diagnostics;
using System.Runtime.InteropServices;
using Ltx.Inference.Kernels;

namespace Ltx.Inference.Tests.Kernels;

/// <summary>The kernels' own sources compiled for this processor, under cpu.h: every load and store is checked, and a block's threads run in any order.</summary>
internal sealed class CpuKernels : IDisposable
{
    private static readonly string Here = Path.Combine(Repository.Root, "tests", "Ltx.Inference.Tests", "Kernels");

    private readonly string folder = Directory.CreateTempSubdirectory("ltx-kernels-").FullName;

    /// <param name="change">makes other sources of them, by the name of the file; null for none</param>
    public CpuKernels(Func<string, string, string>? change = null)
    {
        foreach (string file in Directory.GetFiles(Sources).Where(file => Path.GetExtension(file) is ".cu" or ".h").Concat(Directory.GetFiles(Here, "cpu.*")))
        {
            string name = Path.GetFileName(file), text = File.ReadAllText(file);
            File.WriteAllText(Path.Combine(folder, name), change?.Invoke(name, text) ?? text);
        }
        string library = Path.Combine(folder, "kernels.so");
        ProcessStartInfo start = new("g++", ["-O1", "-std=c++17", "-shared", "-fPIC", "-Wall", "-Wno-unknown-pragmas", "-Werror", "cpu.cpp", "-o", library])
        {
            WorkingDirectory = folder, RedirectStandardError = true,
        };
        using Process compiler = Process.Start(start)!;
        string errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, errors);
        Library = NativeLibrary.Load(library);
    }

    /// <summary>Where the kernels' sources are.</summary>
    public static string Sources { get; } = Path.Combine(Repository.Root, "src", "Ltx.Inference", "Kernels", "Cuda");

    public nint Library { get; }

    /// <summary>What runs them as the program does, over a driver that is this processor.</summary>
    /// <param name="order">of a block's threads</param>
    /// <param name="step">runs the first of so many blocks alone</param>
    public CudaLauncher Launcher(ThreadOrder order = ThreadOrder.Forwards, int step = 1) => new(new CpuDriver(this, order, step), KernelModule.Instance, () => CpuDriver.Stream);

    public void Dispose()
    {
        NativeLibrary.Free(Library);
        Directory.Delete(folder, recursive: true);
    }
}
