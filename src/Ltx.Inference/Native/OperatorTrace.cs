using System.Runtime.InteropServices;
using System.Text;

namespace Ltx.Inference.Native;

/// <summary>
/// Writes down every operator that libtorch is asked for while this lives, with the shapes and strides of what goes in and comes out: PyTorch's own
/// execution trace (torch/csrc/profiler/standalone/execution_trace_observer.h), which any build of libtorch has. One at a time in a process, and
/// nothing else may compute in it meanwhile: the observer hears all threads, and keeps a stack for each that an operator which had begun before leaves
/// wrong.
/// </summary>
internal sealed unsafe partial class OperatorTrace : IDisposable
{
    // Names of C++ functions; std::string of libstdc++'s newer ABI, which PyTorch has been built with since 2.7.
    private const string Namespace = "_ZN5torch8profiler4impl";
    private const string Add = Namespace + "25addExecutionTraceObserverERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
    private const string Enable = Namespace + "28enableExecutionTraceObserverEv", Disable = Namespace + "29disableExecutionTraceObserverEv", Remove = Namespace + "28removeExecutionTraceObserverEv";

    /// <param name="file">what is written; whole once this is disposed</param>
    /// <exception cref="InferenceException">This libtorch has no such observer, or one is at work.</exception>
    public OperatorTrace(string file)
    {
        nint add = Export(Add), enable = Export(Enable);
        byte[] path = Encoding.UTF8.GetBytes(file);
        fixed (byte* text = path)
        {
            // A std::string that somebody else owns the text of: where it is, how long it is, and as much room.
            nint* reference = stackalloc nint[4];
            (reference[0], reference[1], reference[2]) = ((nint)text, path.Length, path.Length);
            if (((delegate* unmanaged<nint*, byte>)add)(reference) == 0) throw new InferenceException(Fault.Internal, $"libtorch cannot write its operators to {file}; another trace may be under way.");
        }
        Quietly(enable);
    }

    /// <summary>Opens a named range, which operators that follow belong to.</summary>
    /// <returns>to close it with</returns>
    public static nint Begin(string name)
    {
        StableInterface.Check(RecordStart(name, 0, 0, 0, out nint range), "record_function_start");
        return range;
    }

    /// <summary>Closes it.</summary>
    public static void End(nint range) => StableInterface.Check(RecordEnd(range), "record_function_end");

    public void Dispose()
    {
        Quietly(Export(Disable));
        ((delegate* unmanaged<void>)Export(Remove))();
    }

    // Both say what they do in a warning of c10's log (c10/util/Logging.h), which is nobody's business.
    private static void Quietly(nint function)
    {
        const int Errors = 2;
        if (!LibTorch.TryGetCpuExport("FLAGS_caffe2_log_level", out nint level))
        {
            ((delegate* unmanaged<void>)function)();
            return;
        }
        int before = *(int*)level;
        *(int*)level = Math.Max(before, Errors);
        ((delegate* unmanaged<void>)function)();
        *(int*)level = before;
    }

    private static nint Export(string name) =>
        LibTorch.TryGetCpuExport(name, out nint address) ? address : throw new InferenceException(Fault.Internal, "This libtorch cannot write down its operators, so nothing can be counted with it.");

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_record_function_start", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RecordStart(string name, nint keywords, nint inputs, ulong count, out nint range);

    [LibraryImport(StableInterface.Library, EntryPoint = "aoti_record_function_end")]
    private static partial int RecordEnd(nint range);
}
