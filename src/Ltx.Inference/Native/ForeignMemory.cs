using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>Tensors over memory that libtorch does not own.</summary>
internal static class ForeignMemory
{
    private const int StridedLayout = 0, CpuDevice = 0;

    /// <summary>
    /// A contiguous CPU tensor over <paramref name="data"/>, without a copy. The memory must outlive the tensor and everything
    /// that shares its storage; writing to the tensor writes to the memory.
    /// </summary>
    internal static unsafe Tensor AsTensor(nint data, ElementType type, ReadOnlySpan<long> shape)
    {
        Span<long> strides = stackalloc long[shape.Length];
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }
        // A 0-dimensional tensor has no sizes, and the interface reads none.
        fixed (long* sizes = shape, steps = strides)
        {
            int status = StableInterface.CreateTensorFromBlob(data, shape.Length, sizes, steps, 0, (int)type, CpuDevice, 0, out nint handle, StridedLayout, null, 0);
            StableInterface.Check(status, "create_tensor_from_blob");
            return Tensor.UnsafeCreateTensor(handle);
        }
    }

    /// <summary>The address of the first element of a tensor, on the tensor's device. It does not hold the tensor: its user does, to the end of the use.</summary>
    internal static nint Address(Tensor tensor)
    {
        StableInterface.Check(StableInterface.GetDataPointer(tensor.Handle, out nint address), "get_data_ptr");
        GC.KeepAlive(tensor);
        return address;
    }
}
