using System.Diagnostics;
using Ltx.Inference.Native;
using Ltx.Parity;

namespace Ltx.Inference.Tests.Native;

public sealed class LibTorchFolderTests : IDisposable
{
    // Beside the build, so that 460 MB stay on its disk.
    private readonly string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"libtorch-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Only_the_libtorch_of_the_named_folder_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks the Linux loader what it loads");
        // Copies and not links: the loader takes two names of one file for one library, and would hide that both are loaded.
        foreach (string file in Directory.GetFiles(LibTorch.Folder)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        string trace = Path.Combine(folder, "loaded");
        (int exit, string output) = RunSchedule(("LD_DEBUG", "libs"), ("LD_DEBUG_OUTPUT", trace));
        Assert.True(exit == 0, output);

        const string Initialized = "calling init: ";
        string[] loaded = [.. Directory.GetFiles(folder, "loaded.*").SelectMany(File.ReadLines).Where(line => line.Contains(Initialized, StringComparison.Ordinal)).Select(line => line[(line.IndexOf(Initialized, StringComparison.Ordinal) + Initialized.Length)..].Trim())];
        foreach (string name in (string[])["libc10.so", "libtorch_cpu.so"])
        {
            Assert.Equal([Path.Combine(folder, name)], loaded.Where(path => Path.GetFileName(path) == name).Distinct());
        }
        Assert.Contains(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"), loaded);
    }

    [Fact]
    public void A_folder_without_libtorch_is_named_with_what_to_do()
    {
        (int exit, string output) = RunSchedule();
        Assert.NotEqual(0, exit);
        Assert.Contains($"libtorch was not found: {Path.Combine(folder, "libc10.so")} does not exist; set {LibTorch.FolderVariable} to the torch/lib folder", output, StringComparison.Ordinal);
    }

    // A process that needs libtorch: the parity runner with its smallest case.
    private (int Exit, string Output) RunSchedule(params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("dotnet", [typeof(ParityRun).Assembly.Location, "--goldens", Repository.Goldens, "--only", "schedule"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[LibTorch.FolderVariable] = folder;
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
