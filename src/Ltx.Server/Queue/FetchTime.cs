namespace Ltx.Server.Queue;

/// <summary>When a running request's inputs were fetched.</summary>
internal enum FetchTime
{
    Now,

    /// <summary>Begun while it waited, and ended when it ran.</summary>
    Begun,

    /// <summary>While it waited.</summary>
    Before,
}
