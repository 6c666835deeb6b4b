using System.Text.Json;

namespace Ltx.Server.Bench;

/// <summary>All that `ltx bench` has measured: what it prints, and what it writes as JSON (snake_case). Times are seconds, memory is bytes.</summary>
/// <param name="ReadySeconds">from the start of the process until the model could take a request; null where none was run</param>
/// <param name="Notes">what to know before the figures are believed</param>
internal sealed record BenchReport(
    DateTimeOffset Date, BenchReport.MachineRow Machine, BenchReport.ModelRow Model, BenchReport.CeilingRow Ceiling,
    double? ReadySeconds, BenchReport.RequestRow? Request, IReadOnlyList<BenchReport.ForwardRow> Forwards, IReadOnlyList<string> Notes)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <param name="Load">processes that ran or waited in the minute before; null where the system does not say</param>
    /// <param name="Attention">the kernel that libtorch chooses for it, in the type that is measured</param>
    /// <param name="Kernels">whether the project's own run there, and if not, why</param>
    internal sealed record MachineRow(string Processor, int Cores, double? Load, string? Gpu, string Libtorch, string Attention, string Kernels);

    internal sealed record ModelRow(string Name, string Device, string Type, int Layers);

    /// <summary>Operations a second, in TFLOP/s.</summary>
    /// <param name="Copy">bytes a second, in TB/s</param>
    internal sealed record CeilingRow(double Products, double Convolutions, double Attention, double Copy, string Origin);

    /// <summary>How fast a piece of work was done.</summary>
    /// <param name="Tflop">10^12 floating-point operations</param>
    /// <param name="ShareOfCeiling">seconds that the ceiling allows, divided by those that it took</param>
    internal sealed record WorkRow(double Tflop, double TflopPerSecond, double ShareOfCeiling);

    /// <param name="Profile">null where it was not asked for</param>
    internal sealed record ForwardRow(int Tokens, int AudioTokens, Spread Seconds, WorkRow Work, long? HostPeak, long? DevicePeak, ProfileRow? Profile)
    {
        /// <summary>Seconds that it was predicted to take; null where nobody asked.</summary>
        public double? Predicted { get; init; }
    }

    /// <summary>Another forward, in which every part was measured; the marks between the parts are in its time.</summary>
    /// <param name="Seconds">by the host's clock</param>
    /// <param name="SumOfParts">divided by that</param>
    /// <param name="SubmittedSeconds">until the host had given the device all its work</param>
    /// <param name="Parts">by place in the model and kind of work, each without what is within it</param>
    internal sealed record ProfileRow(double Seconds, double SumOfParts, double SubmittedSeconds, IReadOnlyList<ProfilePart> Parts);

    internal sealed record ProfilePart(string Place, string Kind, double Seconds, int Calls);

    /// <param name="FirstSeconds">the first request of the process, which is not among the measured</param>
    /// <param name="Seconds">whole requests</param>
    /// <param name="SumOfStages">of one request's stages, divided by its time: the median</param>
    /// <param name="AfterLastStep">from the end of denoising to the finished MP4</param>
    internal sealed record RequestRow(
        int Width, int Height, int Frames, int Steps, double FirstSeconds, Spread Seconds, double SumOfStages, Spread AfterLastStep,
        IReadOnlyList<StageRow> Stages, WorkRow Work, long? HostPeak, long? DevicePeak);

    /// <param name="Share">of the whole request</param>
    /// <param name="Evaluations">forwards of the transformer</param>
    /// <param name="Evaluation">one of them; null where there are none</param>
    /// <param name="Work">null for what computes nothing to speak of</param>
    /// <param name="Parts">what was measured within the stage: those of an overlap do not add up to it</param>
    internal sealed record StageRow(string Name, Spread Seconds, double Share, int Evaluations, Spread? Evaluation, WorkRow? Work, IReadOnlyList<PartRow> Parts)
    {
        /// <summary>Seconds that the card was predicted to take for it; null where nobody asked, or it is not the card's.</summary>
        public double? Predicted { get; init; }
    }

    internal sealed record PartRow(string Name, Spread Seconds);
}
