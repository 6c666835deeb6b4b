using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Kernels;

/// <summary>One argument of a kernel, as the driver takes it: a number, or the address of a tensor's first element.</summary>
internal readonly struct KernelArgument
{
    private KernelArgument(ulong bits, Tensor? tensor, bool isWritten) => (Bits, Tensor, IsWritten) = (bits, tensor, isWritten);

    /// <summary>What is in the argument's place, from its lowest byte on; a kernel's own type says how many bytes of it count.</summary>
    public ulong Bits { get; }

    /// <summary>Whose memory is handed over; null for numbers, and for memory that is not there.</summary>
    public Tensor? Tensor { get; }

    /// <summary>Whether the kernel writes it.</summary>
    public bool IsWritten { get; }

    /// <param name="tensor">contiguous; null where the kernel may do without</param>
    public static implicit operator KernelArgument(Tensor? tensor) => new(Address(tensor), tensor, isWritten: false);

    public static implicit operator KernelArgument(int number) => new((uint)number, null, isWritten: false);

    public static implicit operator KernelArgument(long number) => new((ulong)number, null, isWritten: false);

    public static implicit operator KernelArgument(float number) => new(BitConverter.SingleToUInt32Bits(number), null, isWritten: false);

    public static implicit operator KernelArgument(bool flag) => flag ? 1 : 0;

    /// <summary>Memory that the kernel writes.</summary>
    /// <param name="tensor">dense; null where the kernel may do without</param>
    public static KernelArgument Written(Tensor? tensor) => new(Address(tensor), tensor, isWritten: true);

    // On torch's meta device there is no memory.
    private static ulong Address(Tensor? tensor) =>
        tensor is null || tensor.device_type == TorchSharp.DeviceType.META ? 0 : (ulong)ForeignMemory.Address(tensor);
}
