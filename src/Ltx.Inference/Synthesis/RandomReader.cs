using Ltx.Inference.Forms;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Makes the numbers of tensors up, on the device itself: nothing is read, and nothing crosses the bus. A tensor that is asked for again has
/// other numbers of the same kind, which is of no matter for how fast they are computed with.
/// </summary>
/// <param name="forms">what each tensor is for, by its name</param>
internal sealed class RandomReader(IReadOnlyDictionary<string, ExpectedTensor> forms, Device device) : IWeightReader
{
    public Tensor Read(SafetensorsFile file, TensorEntry entry, Action<Tensor>? arrived = null, PristineTensor? pristine = null)
    {
        (float mean, float deviation) = Initialisation.Of(forms[entry.Name]);
        Tensor made = empty(entry.Shape, (ScalarType)entry.Type, device).DetachFromDisposeScope();
        using (no_grad()) nn.init.normal_(made, mean, deviation).DetachFromDisposeScope();
        arrived?.Invoke(made);
        return made;
    }

    public void Then(Action action) => action();

    public void Finish()
    {
    }

    public void Dispose()
    {
    }
}
