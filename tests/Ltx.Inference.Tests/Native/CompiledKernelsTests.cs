using System.Runtime.InteropServices;
using Ltx.Inference.Native;

namespace Ltx.Inference.Tests.Native;

// Alone: the C library's environment must not change while another thread reads it.
[Fast]
[Collection(Alone.Name)]
public sealed partial class CompiledKernelsTests : IDisposable
{
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"ltx-kernels-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_drivers_folder_is_set_where_the_driver_looks_and_what_the_operator_says_stays()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the C library's environment is Linux's affair");
        string? before = Native("CUDA_CACHE_PATH"), size = Native("CUDA_CACHE_MAXSIZE");
        LibTorch.KeepCompiledKernels(folder);
        Assert.True(Directory.Exists(folder));
        Assert.Equal(before ?? folder, Native("CUDA_CACHE_PATH"));
        Assert.Equal(size ?? "4294967296", Native("CUDA_CACHE_MAXSIZE"));
        LibTorch.KeepCompiledKernels(Path.Combine(folder, "other"));
        Assert.Equal(before ?? folder, Native("CUDA_CACHE_PATH"));
    }

    private static string? Native(string name) => Marshal.PtrToStringUTF8(GetEnvironment(name));

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
