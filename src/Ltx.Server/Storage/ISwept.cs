namespace Ltx.Server.Storage;

/// <summary>Whoever keeps what has an end.</summary>
internal interface ISwept
{
    /// <summary>What it is, in the plural, for the log.</summary>
    string Kind { get; }

    /// <summary>Ends the life of what is over, and says how much that was.</summary>
    Task<int> SweepAsync();
}
