using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>One attempt at a clip, its inputs on the local disk.</summary>
/// <param name="RequestId">whose attempt it is</param>
/// <param name="Attempt">1 for the first</param>
/// <param name="Worker">which one, and so which GPU: 0 to Queue:Workers - 1</param>
/// <param name="Inputs">what the request asks for, and its files</param>
/// <param name="OutputFolder">an empty folder for the output and anything temporary; removed after the run</param>
internal sealed record RunJob(string RequestId, int Attempt, int Worker, FetchedInputs Inputs, string OutputFolder)
{
    public InpaintInput Request => (InpaintInput)Inputs.Input;

    public FetchedFile Video => Inputs.Files[0];

    public FetchedFile Mask => Inputs.Files[1];

    /// <summary>In the order of Request.Loras.</summary>
    public IReadOnlyList<FetchedFile> Loras { get; } = Inputs.Of(FetchKind.Lora);
}
