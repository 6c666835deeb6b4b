namespace Ltx.Server.Models;

/// <summary>What a pull has to do.</summary>
/// <param name="Lock">all files of the model, as the hub states them</param>
/// <param name="Missing">those that are not there, by their keys in the lock</param>
/// <param name="Notes">what a person should know</param>
internal sealed record PullPlan(ModelLock Lock, IReadOnlyList<string> Missing, IReadOnlyList<string> Notes)
{
    /// <summary>Bytes of the missing files.</summary>
    public long Bytes => Missing.Sum(local => Lock.Files[local].Bytes);
}
