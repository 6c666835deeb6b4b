using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>How a run ended. Cancellation is an OperationCanceledException; anything else that is thrown is the runner's own bug.</summary>
internal abstract record RunResult
{
    private RunResult()
    {
    }

    /// <summary>A video was made. <paramref name="StageSeconds"/> names the stages as the progress did.</summary>
    public sealed record Succeeded(
        string OutputPath,
        string ContentType,
        long Seed,
        string Prompt,
        int Width,
        int Height,
        int Frames,
        IReadOnlyDictionary<string, double> StageSeconds) : RunResult;

    /// <summary>The client's input is at fault: 422 with these details.</summary>
    public sealed record Rejected(params IReadOnlyList<FalDetail> Details) : RunResult;

    /// <summary>The model or the machine is at fault. The text is for the client; the cause belongs in the log.</summary>
    public sealed record Failed(FalError Error) : RunResult;
}
