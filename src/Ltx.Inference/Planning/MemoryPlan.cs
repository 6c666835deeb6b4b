namespace Ltx.Inference.Planning;

/// <summary>How a request is done on a card, decided before work starts.</summary>
/// <param name="Request">what it is for</param>
/// <param name="Available">bytes that the card has for it, weights included</param>
/// <param name="Arrangement">what is where</param>
/// <param name="Stages">what each stage is predicted to hold</param>
/// <param name="PinnedHost">bytes of host memory that streamed blocks are pinned in</param>
/// <param name="MergesAhead">whether there is room to merge the first stage's LoRAs while prompt and source are encoded</param>
public sealed record MemoryPlan(RequestShape Request, long Available, MemoryArrangement Arrangement, IReadOnlyList<StagePeak> Stages, long PinnedHost, bool MergesAhead)
{
    /// <summary>The stage that holds the most.</summary>
    public StagePeak Worst => Stages.MaxBy(stage => stage.Total)!;

    public bool Fits => Worst.Total <= Available;
}
