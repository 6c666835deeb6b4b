namespace Ltx.Server.Queue;

/// <summary>Why a running request was told to stop.</summary>
internal enum StopReason
{
    None,
    Cancelled,
    ClientDisconnected,
    TimedOut,
    ServerStopping,
}
