using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>Devices that compute on their own have to be waited for before a time means anything.</summary>
public static class DeviceClock
{
    /// <summary>Returns when the device has done what it was given.</summary>
    public static void Wait(Device device)
    {
        if (device.type == DeviceType.CUDA) cuda.synchronize(device);
    }
}
