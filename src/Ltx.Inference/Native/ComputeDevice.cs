using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>The devices that people name: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; and the numeric types.</summary>
public static class ComputeDevice
{
    /// <summary>Loads libtorch and finds the device.</summary>
    /// <exception cref="InferenceException">There is no such device, or libtorch cannot be loaded.</exception>
    public static Device Parse(string name)
    {
        LibTorch.Load();
        string[] parts = name.Split(':');
        bool indexed = parts.Length == 2;
        int index = 0;
        if (parts.Length > 2 || (indexed && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)) || (parts[0] != "cuda" && (parts[0] != "cpu" || indexed)))
        {
            throw new InferenceException(Fault.Input, $"\"{name}\" is no device; there are cpu, cuda and cuda:<number>.");
        }
        if (parts[0] == "cpu") return CPU;
        if (!LibTorch.HasCuda) throw new InferenceException(Fault.Input, $"This libtorch ({LibTorch.Folder}) has no CUDA; set {LibTorch.FolderVariable} to the torch/lib folder of a CUDA PyTorch, or build with -p:Torch=cuda.");
        int devices = cuda.is_available() ? cuda.device_count() : 0;
        if (index >= devices) throw new InferenceException(Fault.Input, devices == 0 ? "No CUDA device was found." : $"There is no {name}: {devices} CUDA devices were found, counted from 0.");
        return new Device(DeviceType.CUDA, index);
    }

    /// <summary>The type that a device computes in by default: what a GPU is fast in, and what a CPU is exact in.</summary>
    public static ScalarType DefaultType(Device device) => device.type == DeviceType.CUDA ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <exception cref="InferenceException">It is none that the models compute in.</exception>
    public static ScalarType ParseType(string name) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        _ => throw new InferenceException(Fault.Input, $"\"{name}\" is no numeric type; there are float32 and bfloat16."),
    };
}
