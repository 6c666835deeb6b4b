namespace Ltx.Server.Fetch;

/// <summary>What a downloaded file is for; limits and caching depend on it.</summary>
internal enum FetchKind
{
    Video,
    Mask,
    Lora,
}
