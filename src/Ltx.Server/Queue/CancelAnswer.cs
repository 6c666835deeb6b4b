namespace Ltx.Server.Queue;

/// <summary>What a cancel call found.</summary>
internal enum CancelAnswer
{
    NotFound,
    AlreadyCompleted,
    Requested,
}
