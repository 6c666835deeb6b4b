using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>Which of libtorch's attention kernels a device computes the model's attention with.</summary>
/// <param name="Name">as libtorch's chooser says: cuDNN, flash, efficient or math</param>
/// <param name="Cudnn">null where there is none</param>
/// <param name="IsSlow">whether a faster one exists for this device and these are not its libraries</param>
public sealed record AttentionKernel(string Name, CudnnVersion? Cudnn, bool IsSlow)
{
    // A token count that is no multiple of 128, as most clips' are: cuDNN's kernels before 9.15.1 are not used for such (pytorch #169849).
    private const int Tokens = 1020, Heads = 32, HeadFeatures = 128;

    // Hopper and Blackwell: cuDNN's kernel reaches 620 TFLOP/s of an H100, FlashAttention-2, which is chosen otherwise, 400.
    private static readonly int[] FasterWithCudnn = [90, 100, 103];

    // SDPBackend of aten/src/ATen/SDPBackend.h (2.10).
    private static readonly string[] Names = ["math", "flash", "efficient", "cuDNN"];
    private const string CudnnName = "cuDNN";

    /// <summary>Asks libtorch's own chooser, for the video stream's attention without a mask.</summary>
    /// <param name="device">where</param>
    /// <param name="type">of queries, keys and values</param>
    public static AttentionKernel Of(Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor queries = zeros([1, Heads, Tokens, HeadFeatures], type, device);
        int choice = Operators.ChosenAttention(queries, queries, queries);
        string name = choice >= 0 && choice < Names.Length ? Names[choice] : $"number {choice}";
        bool isCuda = device.type == DeviceType.CUDA;
        int capability = isCuda ? CudaRuntime.Capability(Math.Max(0, device.index)) : 0;
        return new AttentionKernel(name, isCuda ? CudnnVersion.OfLibTorch() : null, FasterWithCudnn.Contains(capability) && name != CudnnName);
    }

    /// <summary>For a person.</summary>
    public string Sentence => Cudnn is null ? Name : $"{Name}, cuDNN {Cudnn}";

    /// <summary>What to do where it is slow; null where it is not.</summary>
    public string? Advice => IsSlow ? $"This card computes attention half as fast again with a later cuDNN. {CudnnVersion.Remedy}" : null;
}
