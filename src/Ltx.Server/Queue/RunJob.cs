using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>One attempt at a request, its inputs on the local disk.</summary>
internal sealed record RunJob
{
    public required string RequestId { get; init; }

    /// <summary>1 for the first attempt.</summary>
    public required int Attempt { get; init; }

    /// <summary>Which worker, and so which GPU: 0 to Queue:Workers - 1.</summary>
    public required int Worker { get; init; }

    public required InpaintRequest Request { get; init; }

    public required FetchedFile Video { get; init; }

    public required FetchedFile Mask { get; init; }

    /// <summary>In the order of Request.Loras.</summary>
    public required IReadOnlyList<FetchedFile> Loras { get; init; }

    /// <summary>An empty folder for the output and anything temporary; removed after the run.</summary>
    public required string OutputFolder { get; init; }
}
