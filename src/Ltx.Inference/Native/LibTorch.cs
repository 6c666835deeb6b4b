using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ltx.Inference.Native;

/// <summary>
/// Finds and loads libtorch: the folder that LTX_LIBTORCH names (the <c>torch/lib</c> of a PyTorch of 2.10 or later, CUDA
/// included), otherwise the one that the build brought. Must run before TorchSharp is touched: TorchSharp would load the build's by
/// itself, and a process cannot hold two.
/// </summary>
public static partial class LibTorch
{
    /// <summary>The environment variable that names a folder with another libtorch.</summary>
    public const string FolderVariable = "LTX_LIBTORCH";

    private const string Cpu = "torch_cpu", Cuda = "torch_cuda", Bridge = "LibTorchSharp";

    // setenv's: what is set stays.
    private const int KeepExisting = 0;

    // In the order in which they depend on each other. The CUDA ones are there only in a CUDA build.
    private static readonly string[] Libraries = ["c10", Cpu, "c10_cuda", Cuda, "torch"];

    private static readonly Lazy<Dictionary<string, nint>> Loaded = new(LoadLibraries);

    /// <summary>The folder that libtorch is loaded from.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder ? Path.GetFullPath(folder) : BuildFolder;

    // The CPU build has a folder for it. TorchSharp's CUDA packages put theirs beside the program.
    private static string BuildFolder => Path.Combine(AppContext.BaseDirectory, "libtorch") is var own && Directory.Exists(own) ? own : AppContext.BaseDirectory;

    /// <summary>Whether it can compute on CUDA devices, if there are any.</summary>
    public static bool HasCuda => Loaded.Value.ContainsKey(Cuda);

    /// <summary>What helps when TorchSharp's files are not as the build makes them.</summary>
    public const string BuildAgain = "TorchSharp's files in this build are not what the build makes of them; run ./ltx clean, and build again.";

    /// <summary>Whether TorchSharp's assembly is the one of the build, which keeps arguments alive while libtorch works on them.</summary>
    public static bool KeepsArguments => typeof(torch).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };

    /// <summary>Loads libtorch once; later calls do nothing.</summary>
    /// <exception cref="InferenceException">There is no libtorch where it should be, or it cannot be loaded here.</exception>
    public static void Load() => _ = Loaded.Value;

    /// <summary>
    /// Lets the CUDA driver keep in a folder what it compiles for cards that are newer than libtorch's own kernels: minutes at the first start,
    /// nothing at later ones. Without it that lies in the user's home, which a container has afresh each time or not at all. To be called before
    /// libtorch is loaded; what the environment says keeps the last word.
    /// </summary>
    /// <param name="folder">made where it is missing</param>
    public static void KeepCompiledKernels(string folder)
    {
        // The largest that the driver takes (CUDA C++ Programming Guide, environment variables). All of libtorch's kernels need more than the default.
        const long MostBytes = 4L << 30;
        if (OperatingSystem.IsWindows()) return;
        Directory.CreateDirectory(folder);
        _ = SetEnvironment("CUDA_CACHE_PATH", folder, KeepExisting);
        _ = SetEnvironment("CUDA_CACHE_MAXSIZE", MostBytes.ToString(CultureInfo.InvariantCulture), KeepExisting);
    }

    internal static bool TryGetCpuExport(string name, out nint address) => NativeLibrary.TryGetExport(Loaded.Value[Cpu], name, out address);

    internal static bool TryGetCudaExport(string name, out nint address)
    {
        address = 0;
        return Loaded.Value.TryGetValue(Cuda, out nint library) && NativeLibrary.TryGetExport(library, name, out address);
    }

    private static Dictionary<string, nint> LoadLibraries()
    {
        LetThreadsSleep();
        string folder = Folder, beside = Path.Combine(AppContext.BaseDirectory, FileName(Cpu));
        if (folder != AppContext.BaseDirectory && File.Exists(beside))
        {
            // TorchSharp would load that one too, and libtorch ends a process that has it twice.
            throw new InferenceException(Fault.Internal, $"This build has a libtorch of its own beside it ({beside}), which {FolderVariable} cannot replace.");
        }
        Dictionary<string, nint> handles = [];
        PreloadCompiler(folder);
        foreach (string name in Libraries)
        {
            string file = Path.Combine(folder, FileName(name));
            if (File.Exists(file)) handles.Add(name, LoadFile(file));
            else if (!name.Contains("cuda", StringComparison.Ordinal))
            {
                throw new InferenceException(Fault.Internal, $"libtorch was not found: {file} does not exist; set {FolderVariable} to the torch/lib folder of a PyTorch of 2.10 or later, or build again.");
            }
        }
        LeaveOutNnpack(handles[Cpu]);
        handles.Add(Bridge, LoadFile(Path.Combine(AppContext.BaseDirectory, FileName(Bridge))));
        // TorchSharp asks for these by their bare names, which the loader knows by now; calls get them from here.
        NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (library, _, _) => handles.GetValueOrDefault(library));
        NativeLibrary.SetDllImportResolver(typeof(LibTorch).Assembly, (library, _, _) => handles.GetValueOrDefault(library));
        return handles;
    }

    /// <summary>
    /// The files of CUDA's run-time compiler that came with a libtorch, in the order in which they are to be loaded. It looks its builtins up by
    /// their bare name, and so do libtorch and cuDNN the compiler: a name that the loader finds only when the file is loaded already (PyTorch's
    /// Python part sees to it; pytorch #167586).
    /// </summary>
    /// <param name="folder">libtorch's: what came with it is in it, or, from Python's packages, in <c>nvidia</c> beside the folder of <c>torch</c></param>
    internal static IReadOnlyList<string> CompilerFiles(string folder)
    {
        string packages = Path.Combine(folder, "..", "..", "nvidia");
        string[] folders = [folder, .. Directory.Exists(packages) ? Directory.GetDirectories(Path.GetFullPath(packages)).Order(StringComparer.Ordinal).Select(package => Path.Combine(package, "lib")) : []];
        string[] Find(string pattern) => [.. folders.Where(Directory.Exists).SelectMany(place => Directory.GetFiles(place, pattern).Order(StringComparer.Ordinal))];
        // The builtins of debug builds (".alt.") are another file with the same names in it.
        return [.. Find("libnvrtc-builtins*.so*").Concat(Find("libnvrtc*.so*")).Where(file => !file.Contains(".alt.", StringComparison.Ordinal)).Distinct()];
    }

    // On Windows the loader looks in the folder of the library that asks.
    private static void PreloadCompiler(string folder)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(Path.Combine(folder, FileName(Cuda)))) return;
        // The plain path compiles nothing: what cannot be loaded is missed by nobody, or named by whoever misses it.
        foreach (string file in CompilerFiles(folder)) NativeLibrary.TryLoad(file, out _);
    }

    // OpenMP's threads spin while they wait for each other. Beside an encoder, or another process on the same processors, they then hold the
    // very time that they wait for: a vocoder was seen to take ten times as long. The environment of the process keeps the last word.
    // (Not Environment.SetEnvironmentVariable: that changes .NET's copy, and libgomp reads the C library's.)
    private static void LetThreadsSleep()
    {
        if (!OperatingSystem.IsWindows()) _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", KeepExisting);
    }

    // libtorch gives small convolutions to NNPACK where the processor is one that it knows: they are rounded otherwise there, and everywhere else
    // each of them writes a warning to standard error. What torch.backends.nnpack.set_flags(False) calls; builds without NNPACK have no use for it.
    private static unsafe void LeaveOutNnpack(nint library)
    {
        const string GlobalContext = "_ZN2at13globalContextEv", SetUserEnabled = "_ZN2at7Context20setUserEnabledNNPACKEb";
        if (!NativeLibrary.TryGetExport(library, GlobalContext, out nint context) || !NativeLibrary.TryGetExport(library, SetUserEnabled, out nint enable)) return;
        ((delegate* unmanaged<nint, byte, void>)enable)(((delegate* unmanaged<nint>)context)(), 0);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    private static nint LoadFile(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            string advice = Path.GetFileName(file) == FileName(Bridge) && e.Message.Contains("GLIBCXX", StringComparison.Ordinal) ? $" {BuildAgain}" : "";
            throw new InferenceException(Fault.Internal, $"libtorch cannot be loaded: {e.Message.TrimEnd()}{advice}", e);
        }
    }

    private static string FileName(string name) => OperatingSystem.IsWindows() ? $"{name}.dll" : $"lib{name}.so";
}
