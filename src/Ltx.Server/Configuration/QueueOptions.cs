using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>The queue and its workers.</summary>
internal sealed class QueueOptions
{
    /// <summary>Workers, one a GPU.</summary>
    [Range(1, 64)]
    public int Workers { get; set; } = 1;

    /// <summary>How often a request may be started before it fails with `runner_disconnected` (the contract's three).</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>How long a graceful stop lets the running request go on before it is put back into the queue.</summary>
    [Range(0, 86400)]
    public double DrainSeconds { get; set; } = 30;

    /// <summary>The longest a run may take; then it ends as `generation_timeout`. Two hours is far above 481 frames on one card.</summary>
    [Range(1, 604800)]
    public double RunTimeoutSeconds { get; set; } = 7200;

    /// <summary>How many requests at the head of a lane are looked through for one with the LoRAs that are loaded. 1 = strict FIFO.</summary>
    [Range(1, 1000)]
    public int GroupWindow { get; set; } = 8;

    /// <summary>Whether the inputs of the next request are fetched while another one runs: one ahead a worker.</summary>
    public bool LookAhead { get; set; } = true;

    /// <summary>How often a waiting request may be overtaken by grouping before it is taken first.</summary>
    [Range(0, 1000)]
    public int MaxOvertakes { get; set; } = 3;

    /// <summary>How many requests may wait in all; beyond it submits get 429.</summary>
    [Range(1, 10_000_000)]
    public int MaxWaiting { get; set; } = 100_000;

    /// <summary>Log lines kept of one request.</summary>
    [Range(10, 100_000)]
    public int MaxLogLines { get; set; } = 2000;

    /// <summary>How long a finished request's row (state, times, input, result) is kept.</summary>
    public TimeSpan HistoryLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long the result of a request with `X-Fal-Store-IO: 0` can be fetched (fal keeps results one hour).</summary>
    public TimeSpan UnstoredResultLifetime { get; set; } = TimeSpan.FromHours(1);
}
