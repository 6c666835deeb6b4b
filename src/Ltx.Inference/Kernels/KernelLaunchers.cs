using System.Collections.Concurrent;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Kernels;

/// <summary>
/// Where the project's kernels run and where they do not: the one place that says so. They run on every CUDA card that they are compiled for, unless
/// <c>LTX_KERNELS=off</c> or the driver refuses them; everywhere else libtorch's operators do the same.
/// </summary>
public static class KernelLaunchers
{
    /// <summary>The environment variable that turns them off.</summary>
    public const string Variable = "LTX_KERNELS";

    // The lowest compute capability of the module.
    private const int LeastCapability = 80;

    private static readonly ConcurrentDictionary<int, Card> Cards = new();

    // Of devices that tests and counts have given a launcher.
    private static readonly AsyncLocal<(DeviceType Device, IKernelLauncher? Launcher)?> Given = new();

    /// <summary>Whether nobody has turned them off.</summary>
    public static bool AreWanted => Environment.GetEnvironmentVariable(Variable) != "off";

    /// <summary>What a person is told of a device: whether kernels run there, and if not, why.</summary>
    public static string Describe(Device device)
    {
        if (device.type != DeviceType.CUDA) return "libtorch's operators";
        return Of(device.index) is { Launcher: null } card ? $"libtorch's operators: {card.Refusal}" : "the project's kernels";
    }

    /// <summary>Whether kernels run on a device.</summary>
    public static bool RunOn(Device device) => device.type == DeviceType.CUDA && Of(device.index).Launcher is not null;

    /// <summary>Whether kernels should run on a device and do not.</summary>
    public static bool AreRefused(Device device) => device.type == DeviceType.CUDA && Of(device.index) is { Launcher: null, IsWish: false };

    /// <summary>Who runs them where a tensor is; null where nobody does, and where gradients go through: no kernel has a derivative.</summary>
    internal static IKernelLauncher? For(Tensor tensor)
    {
        if (Differentiation.IsOn) return null;
        DeviceType device = tensor.device_type;
        if (Given.Value is { } given && given.Device == device) return given.Launcher;
        return device == DeviceType.CUDA ? Of(tensor.device_index).Launcher : null;
    }

    /// <summary>Gives all devices of a type another launcher, or none, on the calling thread and until what comes back is disposed.</summary>
    internal static IDisposable Use(DeviceType device, IKernelLauncher? launcher)
    {
        (DeviceType, IKernelLauncher?)? before = Given.Value;
        Given.Value = (device, launcher);
        return new Restoring(() => Given.Value = before);
    }

    private static Card Of(int device) => Cards.GetOrAdd(Math.Max(0, device), Load);

    private static Card Load(int device)
    {
        if (!AreWanted) return new Card(null, $"{Variable} is off", IsWish: true);
        int capability = CudaRuntime.Capability(device);
        if (capability < LeastCapability)
        {
            string sentence = $"the card's compute capability is {capability / 10}.{capability % 10}, and the kernels are for 8.0 and later";
            return new Card(null, sentence, IsWish: true);
        }
        try
        {
            return new Card(new CudaLauncher(new CudaDriver(), KernelModule.Instance, () => StreamOf(device)), null, IsWish: false);
        }
        catch (InferenceException e)
        {
            return new Card(null, e.Message, IsWish: false);
        }
    }

    // libtorch changes a thread's card for the length of an operator; the driver takes a kernel on the thread's own alone.
    private static nint StreamOf(int device)
    {
        CudaRuntime.SetDevice(device);
        return CudaRuntime.ComputingStream(device);
    }

    /// <param name="Launcher">null where there is none</param>
    /// <param name="Refusal">why there is none</param>
    /// <param name="IsWish">whether that is as it should be</param>
    private sealed record Card(IKernelLauncher? Launcher, string? Refusal, bool IsWish);

    private sealed class Restoring(Action restore) : IDisposable
    {
        public void Dispose() => restore();
    }
}
