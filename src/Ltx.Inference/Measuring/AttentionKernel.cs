using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>Which of libtorch's attention kernels a device computes the model's attention with.</summary>
/// <param name="Name">cuDNN, flash, efficient or math</param>
/// <param name="Cudnn">null where there is none</param>
/// <param name="IsSlow">whether a faster one exists for this device and these are not its libraries</param>
public sealed record AttentionKernel(string Name, CudnnVersion? Cudnn, bool IsSlow)
{
    // A token count that is no multiple of 128, as most clips' are: cuDNN's kernels before 9.15.1 are not used for such (pytorch #169849).
    private const int Tokens = 1020, Heads = 32, HeadFeatures = 128;

    /// <summary>Asks for the video stream's attention, which has no mask.</summary>
    /// <param name="device">where</param>
    /// <param name="type">of queries, keys and values</param>
    public static AttentionKernel Of(Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Tensor queries = zeros([1, Heads, Tokens, HeadFeatures], type, device);
        AttentionBackend backend = AttentionChoice.Of(queries, queries, queries).Backend;
        string name = backend switch
        {
            AttentionBackend.Cudnn => "cuDNN",
            AttentionBackend.Flash => "flash",
            AttentionBackend.Efficient => "efficient",
            _ => "math",
        };
        bool isCuda = device.type == DeviceType.CUDA;
        int capability = isCuda ? CudaRuntime.Capability(Math.Max(0, device.index)) : 0;
        bool isSlow = AttentionChoice.IsFasterWithCudnn(capability) && backend != AttentionBackend.Cudnn;
        return new AttentionKernel(name, isCuda ? CudnnVersion.OfLibTorch() : null, isSlow);
    }

    /// <summary>For a person.</summary>
    public string Sentence => Cudnn is null ? Name : $"{Name}, cuDNN {Cudnn}";

    /// <summary>What to do where it is slow; null where it is not.</summary>
    public string? Advice => IsSlow ? $"This card computes attention half as fast again with a later cuDNN. {CudnnVersion.Remedy}" : null;
}
