namespace Ltx.Server.Files;

/// <summary>An upload or an output. Ids, names and paths are made here; nothing of them comes from a client.</summary>
internal sealed record StoredFile
{
    /// <summary>128 random bits in hex: whoever knows the URL may read the file, as with fal's.</summary>
    public required string Id { get; init; }

    public required FileKind Kind { get; init; }

    public required FileState State { get; init; }

    public required string Owner { get; init; }

    public string? RequestId { get; init; }

    /// <summary>The last segment of the URL: from the id and the content type.</summary>
    public required string FileName { get; init; }

    public required string ContentType { get; init; }

    public long Size { get; init; }

    /// <summary>SHA-256 of the content in hex.</summary>
    public string? ETag { get; init; }

    /// <summary>What an upload's PUT must carry, since it has no key.</summary>
    public string? Secret { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Counted from the end of the upload; null = kept until deleted.</summary>
    public double? LifetimeSeconds { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string UrlPath => $"/files/{Id}/{FileName}";
}

/// <summary>Where a file of ours comes from.</summary>
internal enum FileKind
{
    Upload = 0,
    Output = 1,
}

/// <summary>Deleted files keep their row until the bytes are gone, so that a crash between the two is finished at the next sweep.</summary>
internal enum FileState
{
    Pending = 0,
    Ready = 1,
    Deleted = 2,
}
