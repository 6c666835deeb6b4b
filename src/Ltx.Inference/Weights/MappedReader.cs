using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>On the CPU a tensor is where it lies in the file.</summary>
internal sealed class MappedReader : IWeightReader
{
    public Tensor Read(SafetensorsFile file, TensorEntry entry, Action<Tensor>? arrived = null, PristineTensor? pristine = null)
    {
        Tensor view = file.View(entry).DetachFromDisposeScope();
        arrived?.Invoke(view);
        return view;
    }

    public void Then(Action action) => action();

    public void Finish()
    {
    }

    public void Dispose()
    {
    }
}
