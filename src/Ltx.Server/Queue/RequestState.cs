namespace Ltx.Server.Queue;

/// <summary>fal's three words. Failed and cancelled requests are completed; the result says how.</summary>
internal enum RequestState
{
    Queued = 0,
    Running = 1,
    Completed = 2,
}
