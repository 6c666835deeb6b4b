namespace Ltx.Server.Queue;

/// <summary>`x-fal-queue-priority`; a lane waits for all lanes above it.</summary>
internal enum Lane
{
    High = 0,
    Normal = 1,
    Low = 2,
}
