using Ltx.Inference;
using Ltx.Inference.Native;
using TorchSharp;

namespace Ltx.Server.Media;

/// <summary>Which device a person means who names one, or none.</summary>
internal static class EngineDevice
{
    /// <param name="name">`cpu`, `cuda`, `cuda:n`, or empty for the first CUDA device if there is one</param>
    /// <param name="worker">of several workers that share the name, which one asks; each takes the card of its number</param>
    /// <param name="workers">how many there are</param>
    /// <exception cref="InferenceException">There is no such device, or it is one card for several workers: memory is planned for one model a card.</exception>
    public static torch.Device Choose(string name, int worker = 0, int workers = 1)
    {
        if (workers > 1 && name.StartsWith("cuda:", StringComparison.Ordinal))
        {
            throw new InferenceException(Fault.Input, $"{name} is one card for {workers} workers, and each needs one of its own; cuda gives every worker the card of its number.");
        }
        LibTorch.Load();
        if (name.Length == 0) name = LibTorch.HasCuda && torch.cuda.is_available() ? "cuda" : "cpu";
        return ComputeDevice.Parse(name == "cuda" && workers > 1 ? $"cuda:{worker}" : name);
    }
}
