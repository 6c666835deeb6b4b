using Ltx.Server.Auth;

namespace Ltx.Server.Queue;

/// <summary>Requests as a caller may see them: another key's request is as good as none.</summary>
internal sealed class VisibleRequests(RequestQueue queue, RequestStore store)
{
    /// <summary>One that waits or runs.</summary>
    public LiveRequest? Live(Caller caller, string id) => queue.FindLive(id) is { } live && caller.MaySee(live.Stored.Owner) ? live : null;

    /// <summary>One as it is on disk.</summary>
    public StoredRequest? Stored(Caller caller, string id) => store.Find(id) is { } stored && caller.MaySee(stored.Owner) ? stored : null;
}
