using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Ltx.Benchmarks;
using Ltx.Inference.Native;
using TorchSharp;

// Benchmarks of the project's own code: dotnet run -c Release --project benchmarks/Ltx.Benchmarks -- --job short --filter '*'
// They run inside this process: the project that BenchmarkDotNet would otherwise generate and build has no libtorch beside it, and
// would link half a gigabyte anew for every run.
const string InProcess = "--inProcess";

// Before anything of TorchSharp is touched.
LibTorch.Load();
bool hasCuda = LibTorch.HasCuda && torch.cuda.is_available();

// A fifth of a second an iteration is enough for differences that matter, and lets the whole set run while one waits.
Job hurry = Job.Default.WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(200)).AsMutator();
ManualConfig config = ManualConfig.CreateEmpty()
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(MarkdownExporter.GitHub)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddJob(hurry)
    .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40))
    .WithOption(ConfigOptions.JoinSummary, true);
// A list is of all that there is.
if (!hasCuda && !args.Contains("--list", StringComparer.OrdinalIgnoreCase))
{
    config.AddFilter(new SimpleFilter(benchmark => !benchmark.Descriptor.HasCategory(CudaBenchmarks.Category)));
    Console.WriteLine($"No CUDA device: the benchmarks of the category \"{CudaBenchmarks.Category}\" are left out.");
}
string[] arguments = args.Contains(InProcess, StringComparer.OrdinalIgnoreCase) ? args : [.. args, InProcess];
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(CudaBenchmarks).Assembly).Run(arguments, config)];
// A benchmark that threw has no results, and nothing else says so.
int failed = summaries.Sum(summary => summary.Reports.Count(report => !report.Success));
if (failed > 0) Console.Error.WriteLine($"{failed} benchmarks failed.");
return failed == 0 && !summaries.Any(summary => summary.HasCriticalValidationErrors) ? 0 : 1;
