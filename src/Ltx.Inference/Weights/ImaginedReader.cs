using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// Tensors of imagined files are made where they are computed with: nothing is read, and nothing crosses the bus. Those of files that are
/// there (a LoRA of the user's) come as they always do, and in the order in which they were asked for.
/// </summary>
internal sealed class ImaginedReader(Device device) : IWeightReader
{
    private IWeightReader? files;

    public Tensor Read(SafetensorsFile file, TensorEntry entry, Action<Tensor>? arrived = null, PristineTensor? pristine = null)
    {
        if (!file.IsImagined) return (files ??= IWeightReader.For(device)).Read(file, entry, arrived, pristine);
        Tensor made = file.Imagine(entry, device).DetachFromDisposeScope();
        if (arrived is not null) Then(() => arrived(made));
        return made;
    }

    public void Then(Action action)
    {
        if (files is null) action();
        else files.Then(action);
    }

    public void Finish() => files?.Finish();

    public void Dispose() => files?.Dispose();
}
