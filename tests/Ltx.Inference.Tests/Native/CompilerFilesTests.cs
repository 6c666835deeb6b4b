using Ltx.Inference.Native;

namespace Ltx.Inference.Tests.Native;

public sealed class CompilerFilesTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("ltx-test-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    // As PyTorch 2.11 for CUDA 13.0, PyTorch 2.10 for CUDA 12.8 and libtorch's zip have them.
    [Theory]
    [InlineData("nvidia/cu13/lib/libnvrtc-builtins.so.13.0", "nvidia/cu13/lib/libnvrtc.so.13", "nvidia/cu13/lib/libnvrtc-builtins.alt.so.13.0", "nvidia/cu13/lib/libnvrtc.alt.so.13")]
    [InlineData("nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.8", "nvidia/cuda_nvrtc/lib/libnvrtc.so.12", "nvidia/cudnn/lib/libcudnn.so.9")]
    [InlineData("torch/lib/libnvrtc-builtins-0d7e3af5.so.12.8", "torch/lib/libnvrtc-8d11bc95.so.12", "torch/lib/libtorch_cuda.so")]
    public void The_compiler_is_found_where_it_came_with_libtorch_and_its_builtins_come_first(string builtins, string compiler, params string[] others)
    {
        foreach (string file in (string[])[builtins, compiler, .. others])
        {
            string path = Path.Combine(root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }
        string folder = Directory.CreateDirectory(Path.Combine(root, "torch", "lib")).FullName;
        Assert.Equal([Path.Combine(root, builtins), Path.Combine(root, compiler)], LibTorch.CompilerFiles(folder));
    }

    [Fact]
    public void Without_one_there_is_nothing_to_load() => Assert.Empty(LibTorch.CompilerFiles(Path.Combine(root, "torch", "lib")));
}
