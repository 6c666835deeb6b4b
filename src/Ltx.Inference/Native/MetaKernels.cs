using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>
/// Operators for torch's meta device, where tensors have shapes and no memory: those that libtorch knows there in Python alone, and those that it
/// makes of several others there and computes in one on a card. They give a result of the shape and layout that CUDA's kernels give.
/// </summary>
internal static unsafe partial class MetaKernels
{
    // Of torch.h's dispatch keys.
    private const string Key = "Meta", Namespace = "aten";

    private static readonly Lazy<nint> Registered = new(Register);

    /// <summary>Makes them known, once.</summary>
    public static void Load() => _ = Registered.Value;

    private static nint Register()
    {
        LibTorch.Load();
        StableInterface.Check(NewLibrary(Namespace, Key, nameof(MetaKernels), 0, out nint library), "library_init_impl");
        void Add(string name, delegate* unmanaged[Cdecl]<ulong*, ulong, ulong, void> kernel) => StableInterface.Check(AddKernel(library, name, kernel), $"library_impl of {name}");
        Add("index_select", &IndexSelect);
        Add("rms_norm", &RmsNorm);
        Add("layer_norm", &LayerNorm);
        Add("group_norm", &GroupNorm);
        Add("scaled_dot_product_attention", &Attention);
        Add("_scaled_dot_product_flash_attention_for_cpu", &AttentionWithLogSumExp);
        Add("convolution_overrideable", &Convolve);
        Add("_scaled_mm", &ScaledProduct);
        return library;
    }

    // index_select(Tensor self, int dim, Tensor index) -> Tensor
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void IndexSelect(ulong* stack, ulong arguments, ulong results)
    {
        nint self = (nint)stack[0], index = (nint)stack[2];
        long[] shape = Sizes(self);
        shape[(int)(long)stack[1] + ((long)stack[1] < 0 ? shape.Length : 0)] = Sizes(index).Aggregate(1L, (all, size) => all * size);
        ulong made = Empty(self, shape);
        Free(self);
        Free(index);
        stack[0] = made;
    }

    // rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RmsNorm(ulong* stack, ulong arguments, ulong results)
    {
        FreeList((nint)stack[1]);
        FreeOptionalTensor(stack[2]);
        NativeMemory.Free((void*)stack[3]);
        stack[0] = Like((nint)stack[0]);
    }

    // layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enable=True) -> Tensor
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void LayerNorm(ulong* stack, ulong arguments, ulong results)
    {
        FreeList((nint)stack[1]);
        GroupNormed(stack);
    }

    // group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05, bool cudnn_enabled=True) -> Tensor
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void GroupNorm(ulong* stack, ulong arguments, ulong results) => GroupNormed(stack);

    private static void GroupNormed(ulong* stack)
    {
        FreeOptionalTensor(stack[2]);
        FreeOptionalTensor(stack[3]);
        stack[0] = Like((nint)stack[0]);
    }

    // scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *,
    //   float? scale=None, bool enable_gqa=False) -> Tensor. The result lies in memory as the queries do (alloc_with_matching_layout of cuDNN's).
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Attention(ulong* stack, ulong arguments, ulong results)
    {
        nint query = (nint)stack[0], value = (nint)stack[2];
        long[] shape = Sizes(query);
        shape[^1] = Sizes(value)[^1];
        ulong made = Empty(query, shape, OrderOf(query));
        Free(query);
        Free((nint)stack[1]);
        Free(value);
        FreeOptionalTensor(stack[3]);
        NativeMemory.Free((void*)stack[6]);
        stack[0] = made;
    }

    // _scaled_mm(Tensor self, Tensor mat2, Tensor scale_a, Tensor scale_b, Tensor? bias=None, Tensor? scale_result=None, ScalarType? out_dtype=None,
    //   bool use_fast_accum=False) -> Tensor
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ScaledProduct(ulong* stack, ulong arguments, ulong results)
    {
        long[] shape = [Sizes((nint)stack[0])[0], Sizes((nint)stack[1])[1]];
        ulong made = Empty((nint)stack[0], shape, [0, 1], ElementType.BFloat16);
        for (int i = 0; i < 4; i++) Free((nint)stack[i]);
        FreeOptionalTensor(stack[4]);
        NativeMemory.Free((void*)stack[6]);
        stack[0] = made;
    }

    // _scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0.0, bool is_causal=False, *,
    //   Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp). It stands for CUDA's operators (CudaAttention), too.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void AttentionWithLogSumExp(ulong* stack, ulong arguments, ulong results)
    {
        nint query = (nint)stack[0], value = (nint)stack[2];
        long[] shape = Sizes(query), sums = shape[..^1];
        shape[^1] = Sizes(value)[^1];
        ulong made = Empty(query, shape, OrderOf(query)), madeSums = Empty(query, sums, type: ElementType.Float32);
        Free(query);
        Free((nint)stack[1]);
        Free(value);
        FreeOptionalTensor(stack[5]);
        NativeMemory.Free((void*)stack[6]);
        (stack[0], stack[1]) = (made, madeSums);
    }

    // convolution_overrideable(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed,
    //   SymInt[] output_padding, SymInt groups) -> Tensor. The result has its channels where the input has them.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Convolve(ulong* stack, ulong arguments, ulong results)
    {
        nint input = (nint)stack[0], weight = (nint)stack[1];
        long[] shape = Sizes(input), kernel = Sizes(weight), stride = Numbers((nint)stack[3]), padding = Numbers((nint)stack[4]), dilation = Numbers((nint)stack[5]), more = Numbers((nint)stack[7]);
        bool transposed = stack[6] != 0;
        shape[1] = transposed ? kernel[1] * (long)stack[8] : kernel[0];
        for (int i = 0; i < shape.Length - 2; i++)
        {
            long reach = dilation[i] * (kernel[i + 2] - 1), from = shape[i + 2];
            shape[i + 2] = transposed ? (from - 1) * stride[i] - 2 * padding[i] + reach + more[i] + 1 : (from + 2 * padding[i] - reach - 1) / stride[i] + 1;
        }
        ulong made = Empty(input, shape, OrderOf(input));
        Free(input);
        Free(weight);
        FreeOptionalTensor(stack[2]);
        foreach (int list in (ReadOnlySpan<int>)[3, 4, 5, 7]) FreeList((nint)stack[list]);
        stack[0] = made;
    }

    // Frees the tensor that the result is like.
    private static ulong Like(nint tensor)
    {
        ulong made = Empty(tensor, Sizes(tensor));
        Free(tensor);
        return made;
    }

    private static ulong Empty(nint like, long[] shape, ElementType? type = null) => Empty(like, shape, [.. Enumerable.Range(0, shape.Length)], type);

    // Of the same type as another unless one is given, with the dimensions in memory in a given order, the outermost first.
    private static ulong Empty(nint like, long[] shape, int[] order, ElementType? given = null)
    {
        StableInterface.Check(GetType(like, out int type), "get_dtype");
        if (given is { } other) type = (int)other;
        long[] strides = new long[shape.Length];
        long step = 1;
        foreach (int dimension in order.Reverse())
        {
            strides[dimension] = step;
            step *= Math.Max(1, shape[dimension]);
        }
        StableInterface.Check(GetDevice(like, out int device), "get_device_type");
        fixed (long* sizes = shape, steps = strides)
        {
            StableInterface.Check(NewTensor(shape.Length, sizes, steps, type, device, 0, out nint made), "empty_strided");
            return (ulong)made;
        }
    }

    // Dimensions by their strides, the outermost first.
    private static int[] OrderOf(nint tensor)
    {
        int rank = Sizes(tensor).Length;
        StableInterface.Check(GetStrides(tensor, out long* strides), "get_strides");
        long[] steps = [.. new ReadOnlySpan<long>(strides, rank)];
        return [.. Enumerable.Range(0, rank).OrderByDescending(dimension => steps[dimension])];
    }

    private static long[] Sizes(nint tensor)
    {
        StableInterface.Check(GetRank(tensor, out long rank), "get_dim");
        StableInterface.Check(GetSizes(tensor, out long* sizes), "get_sizes");
        return [.. new ReadOnlySpan<long>(sizes, (int)rank)];
    }

    private static long[] Numbers(nint list)
    {
        StableInterface.Check(ListSize(list, out nuint count), "list_size");
        long[] numbers = new long[count];
        for (nuint i = 0; i < count; i++)
        {
            StableInterface.Check(ListItem(list, i, out ulong number), "list_get_item");
            numbers[i] = (long)number;
        }
        return numbers;
    }

    private static void Free(nint tensor) => StableInterface.Check(StableInterface.DeleteTensor(tensor), "delete_tensor_object");

    private static void FreeList(nint list) => StableInterface.Check(DeleteList(list), "delete_list");

    private static void FreeOptionalTensor(ulong cell)
    {
        if (cell == 0) return;
        Free(*(nint*)cell);
        NativeMemory.Free((void*)cell);
    }

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_library_init_impl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NewLibrary(string space, string key, string file, uint line, out nint library);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_library_impl", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddKernel(nint library, string name, delegate* unmanaged[Cdecl]<ulong*, ulong, ulong, void> kernel);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_empty_strided")]
    private static partial int NewTensor(long rank, long* sizes, long* strides, int type, int device, int deviceIndex, out nint tensor);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_get_dtype")]
    private static partial int GetType(nint tensor, out int type);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_get_device_type")]
    private static partial int GetDevice(nint tensor, out int device);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_get_dim")]
    private static partial int GetRank(nint tensor, out long rank);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_get_sizes")]
    private static partial int GetSizes(nint tensor, out long* sizes);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_torch_get_strides")]
    private static partial int GetStrides(nint tensor, out long* strides);

    [LibraryImport(StableInterface.Library, EntryPoint = "torch_list_size")]
    private static partial int ListSize(nint list, out nuint size);

    [LibraryImport(StableInterface.Library, EntryPoint = "torch_list_get_item")]
    private static partial int ListItem(nint list, nuint index, out ulong item);

    [LibraryImport(StableInterface.Library, EntryPoint = "torch_delete_list")]
    private static partial int DeleteList(nint list);
}
