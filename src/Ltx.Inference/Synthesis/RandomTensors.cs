using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Tensors of random numbers, made where they are computed with. Host memory gets what a written file would hold; another device draws
/// numbers of its own kind, faster than they could be brought to it. Either way the same tensor has the same numbers whenever it is made.
/// </summary>
/// <param name="seed">other numbers for another seed</param>
internal sealed class RandomTensors(long seed)
{
    private readonly RandomValues values = new(seed);

    /// <param name="form">the tensor</param>
    /// <param name="device">where it is to be</param>
    /// <returns>in the form's type and shape</returns>
    public Tensor Make(ExpectedTensor form, Device device) => device.type == DeviceType.CPU ? OnHost(form) : Drawn(form, device);

    /// <summary>By libtorch, from the device's own generator.</summary>
    internal Tensor Drawn(ExpectedTensor form, Device device)
    {
        (float mean, float deviation) = Initialisation.Of(form);
        ulong own = RandomValues.Seed(seed, form.Name);
        // TorchSharp makes generators for the host alone. Nobody else hangs on the numbers of a device's own: noise comes from the host.
        using Generator? generator = device.type == DeviceType.CPU ? new Generator(own) : null;
        // Of all cards: which of them is the thread's own is of no matter then.
        if (generator is null) cuda.manual_seed_all((long)own);
        bool small = form.Type.IsFloat8();
        Tensor drawn = empty(form.Shape, small ? ScalarType.BFloat16 : (ScalarType)form.Type, device).normal_(mean, deviation, generator);
        if (!small) return drawn;
        using (drawn)
        {
            // Float8 has conversions alone.
            return drawn.to((ScalarType)form.Type);
        }
    }

    private unsafe Tensor OnHost(ExpectedTensor form)
    {
        Tensor made = empty(form.Shape, (ScalarType)form.Type);
        nint address = ForeignMemory.Address(made);
        int size = form.Type.Size();
        Parallel.For(0, (int)((form.Elements + RandomValues.Granularity - 1) / RandomValues.Granularity), part =>
        {
            long first = (long)part * RandomValues.Granularity;
            int count = (int)Math.Min(RandomValues.Granularity, form.Elements - first);
            values.Fill(form, first, new Span<byte>((byte*)address + (first * size), count * size));
        });
        return made;
    }
}
