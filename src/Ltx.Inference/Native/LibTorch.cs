using System.Reflection;
using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>
/// Finds and loads libtorch: the folder that LTX_LIBTORCH names (the <c>torch/lib</c> of a PyTorch of 2.10 or later, CUDA
/// included), otherwise the one that the build brought. Must run before TorchSharp is touched, because libraries that are
/// already loaded are the ones that TorchSharp's own library binds to.
/// </summary>
public static class LibTorch
{
    /// <summary>The environment variable that names a folder with another libtorch.</summary>
    public const string FolderVariable = "LTX_LIBTORCH";

    // In the order in which they depend on each other. The CUDA ones are there only in a CUDA build.
    private static readonly string[] Libraries = ["libc10.so", "libtorch_cpu.so", "libc10_cuda.so", "libtorch_cuda.so", "libtorch.so"];

    private static readonly Lazy<nint> CpuLibrary = new(LoadLibraries);

    /// <summary>The folder that libtorch was loaded from.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? Path.GetFullPath(folder) : AppContext.BaseDirectory;

    /// <summary>Loads libtorch once; later calls do nothing.</summary>
    /// <exception cref="InferenceException">The folder of LTX_LIBTORCH has no libtorch, or it cannot be loaded here.</exception>
    public static void Load() => _ = CpuLibrary.Value;

    private static nint LoadLibraries()
    {
        string folder = Folder;
        nint cpu = 0;
        foreach (string name in Libraries)
        {
            string file = Path.Combine(folder, name);
            bool optional = name.Contains("cuda", StringComparison.Ordinal);
            if (!File.Exists(file))
            {
                if (optional) continue;
                throw new InferenceException(Fault.Internal, $"libtorch was not found: {file} does not exist. Set {FolderVariable} to the torch/lib folder of a PyTorch of 2.10 or later, or build again.");
            }
            try
            {
                nint handle = NativeLibrary.Load(file);
                if (name == "libtorch_cpu.so") cpu = handle;
            }
            catch (DllNotFoundException e)
            {
                throw new InferenceException(Fault.Internal, $"libtorch cannot be loaded from {folder}: {e.Message}", e);
            }
        }
        NativeLibrary.SetDllImportResolver(typeof(LibTorch).Assembly, (library, _, _) => library == StableInterface.Library ? cpu : 0);
        return cpu;
    }
}
