using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>
/// libtorch's stable C interface (torch/csrc/inductor/aoti_torch/c/shim.h and torch/csrc/stable, 2.10 and later).
/// Every function returns 0 on success; on failure the cause is on stderr.
/// </summary>
internal static partial class StableInterface
{
    internal const string Library = "torch_cpu";

    /// <summary>
    /// Calls any operator by name and overload. The stack holds the arguments, 64 bits each, in schema order; results replace them.
    /// Tensor arguments are consumed.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "aoti_torch_call_dispatcher", StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int CallDispatcher(string operatorName, string overload, ulong* stack);

    /// <summary>A second handle to the same tensor.</summary>
    [LibraryImport(Library, EntryPoint = "aoti_torch_new_tensor_handle")]
    internal static partial int NewTensorHandle(nint tensor, out nint handle);

    /// <summary>Gives a handle back; the tensor lives on where it has another one.</summary>
    [LibraryImport(Library, EntryPoint = "aoti_torch_delete_tensor_object")]
    internal static partial int DeleteTensor(nint tensor);

    [LibraryImport(Library, EntryPoint = "aoti_torch_create_tensor_from_blob_v2")]
    internal static unsafe partial int CreateTensorFromBlob(
        nint data, long rank, long* sizes, long* strides, long storageOffset, int dtype, int deviceType, int deviceIndex,
        out nint tensor, int layout, byte* opaqueMetadata, long opaqueMetadataSize);

    [LibraryImport(Library, EntryPoint = "aoti_torch_get_data_ptr")]
    internal static partial int GetDataPointer(nint tensor, out nint address);

    [LibraryImport(Library, EntryPoint = "torch_new_list_reserve_size")]
    internal static partial int NewList(nuint size, out nint list);

    [LibraryImport(Library, EntryPoint = "torch_list_push_back")]
    internal static partial int ListPushBack(nint list, ulong element);

    [LibraryImport(Library, EntryPoint = "aoti_torch_abi_version")]
    internal static partial ulong AbiVersion();

    internal static void Check(int status, string what)
    {
        if (status != 0) throw new InferenceException(Fault.Internal, $"libtorch failed in {what}; its message is on stderr.");
    }
}
