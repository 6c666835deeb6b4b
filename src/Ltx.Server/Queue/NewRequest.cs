namespace Ltx.Server.Queue;

/// <summary>What a submit or a sync run asks for.</summary>
internal sealed record NewRequest
{
    public required string Id { get; init; }

    /// <summary>The application's id.</summary>
    public required string Endpoint { get; init; }

    public required string Owner { get; init; }

    public required Lane Lane { get; init; }

    /// <summary>True for a sync run: its client holds the connection, and the request ends with it.</summary>
    public required bool Sync { get; init; }

    /// <summary>Origin and mount for the status URLs, for instance http://127.0.0.1:8080/queue.</summary>
    public required string BaseUrl { get; init; }

    public required ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>The input for listings, long strings cut; null when even that is too long.</summary>
    public required byte[]? ShortInput { get; init; }

    public required bool StoreIo { get; init; }

    public required bool NoRetry { get; init; }

    /// <summary>Equal for requests with the same LoRAs, which may share a loaded model.</summary>
    public required string LoraSet { get; init; }

    /// <summary>Null: Files:OutputLifetime. Infinite: kept until somebody deletes it.</summary>
    public required TimeSpan? OutputLifetime { get; init; }

    public required TimeSpan? StartWithin { get; init; }

    public required string? Webhook { get; init; }

    /// <summary>Uploads and outputs of ours that the input names; they are kept while the request needs them.</summary>
    public required IReadOnlyList<string> InputFiles { get; init; }
}
