namespace Ltx.Server.Fetch;

/// <summary>What a fetched file is for. It decides the size limit and whether the file is kept in the cache.</summary>
internal enum FetchKind
{
    /// <summary>The source video; removed when its <see cref="FetchedFile"/> is disposed.</summary>
    Video,

    /// <summary>The mask, a video or an image; treated as <see cref="Video"/>.</summary>
    Mask,

    /// <summary>A LoRA; kept in the cache by content hash.</summary>
    Lora,

    /// <summary>A data set, as a zip; treated as <see cref="Video"/>, with a limit of its own.</summary>
    DataSet,
}
