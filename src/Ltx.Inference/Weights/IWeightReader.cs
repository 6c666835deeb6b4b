using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// Reads tensors of files to where they are computed with, for one thread. What is asked for comes later, in the order in which it was
/// asked for; meanwhile the next ones are on their way.
/// </summary>
internal interface IWeightReader : IDisposable
{
    /// <summary>Asks for a tensor.</summary>
    /// <param name="file">must stay open until the tensor has come</param>
    /// <param name="entry">which of its tensors</param>
    /// <param name="arrived">told when the numbers have come, on the calling thread, inside this or a later call</param>
    /// <param name="pristine">where it stays in host memory to be read from again; null where it does not</param>
    /// <returns>
    /// a tensor of the caller's in the file's type and shape, at first without its numbers. It may look into the file, and must not be written to.
    /// </returns>
    Tensor Read(SafetensorsFile file, TensorEntry entry, Action<Tensor>? arrived = null, PristineTensor? pristine = null);

    /// <summary>Does something when all that was asked for so far has come.</summary>
    void Then(Action action);

    /// <summary>Returns when everything that was asked for has come.</summary>
    void Finish();

    /// <summary>A reader for a device.</summary>
    static IWeightReader For(Device device) => device.type == DeviceType.CUDA ? new UploadingReader(new CudaLink(device.index), device) : new MappedReader();
}
