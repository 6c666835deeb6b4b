using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using TorchSharp;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>
/// Counts what is computed by running it and looking at the operators that it calls. On torch's meta device that takes neither memory nor a card,
/// whatever the size; what asks for a number there, for which a card would be waited for, fails.
/// </summary>
internal static class OperatorCounter
{
    // What ranges of the model's parts are called; what follows is the kind of work.
    private const string RangePrefix = "ltx ";

    // What is counted; operators of other threads lie outside of it.
    private const string Whole = "all of it";

    // libtorch has one observer a process.
    private static readonly Lock OneAtATime = new();

    /// <param name="run">what to count: it may be run for its shapes alone</param>
    /// <param name="kernels">whether the project's kernels run, as on a card, or their plain twins</param>
    /// <exception cref="InferenceException">This libtorch cannot write its operators down.</exception>
    /// <exception cref="InvalidOperationException">An operator was called that <see cref="KernelTable"/> does not know.</exception>
    public static WorkCount Count(Action run, bool kernels = true)
    {
        MetaKernels.Load();
        lock (OneAtATime)
        {
            string folder = Directory.CreateTempSubdirectory("ltx-count-").FullName;
            try
            {
                string file = Path.Combine(folder, "operators.json");
                RangeMarks marks = new();
                KernelRecorder? recorder = kernels ? new KernelRecorder() : null;
                using (KernelLaunchers.Use(DeviceType.META, recorder))
                using (new OperatorTrace(file))
                {
                    Part.Watch(marks);
                    marks.Enter(null, Whole);
                    try
                    {
                        run();
                    }
                    finally
                    {
                        marks.Leave();
                        Part.Unwatch(marks);
                    }
                }
                WorkCount operators = Sum(OperatorTraceFile.Read(file));
                return recorder is null ? operators : operators + new WorkCount(recorder.Kernels.Values.Sum(), recorder.Kernels, 0);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static WorkCount Sum(IReadOnlyList<TracedOperator> outermost)
    {
        Dictionary<Kernel, double> kernels = [];
        double calls = 0, uploads = 0;
        foreach (TracedOperator call in outermost) Look(call, kind: null, isInner: false, isOurs: false);
        return new WorkCount(calls, kernels, uploads);

        void Look(TracedOperator call, string? kind, bool isInner, bool isOurs)
        {
            if (call.IsRange)
            {
                string? within = call.Name.StartsWith(RangePrefix, StringComparison.Ordinal) ? call.Name[RangePrefix.Length..] : kind;
                foreach (TracedOperator inner in call.Inner) Look(inner, within, isInner, isOurs || within == Whole);
                return;
            }
            if (!isOurs) return;
            if (!isInner) calls++;
            if (call.Name == "aten::copy_" && call.Written.Any(to => !to.OnHost) && call.Read.Any(from => from.OnHost)) uploads++;
            if (KernelTable.Of(call, kind) is { } own)
            {
                foreach (Kernel kernel in own) kernels[kernel] = kernels.GetValueOrDefault(kernel) + 1;
                return;
            }
            foreach (TracedOperator inner in call.Inner) Look(inner, kind, isInner: true, isOurs);
        }
    }

    private sealed class RangeMarks : IPartWatcher
    {
        private readonly Stack<nint> open = new();

        public void Enter(string? place, string? kind) => open.Push(OperatorTrace.Begin(RangePrefix + kind));

        public void Leave() => OperatorTrace.End(open.Pop());
    }
}
