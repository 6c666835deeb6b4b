using System.IO.Enumeration;
using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>
/// The folders of trainings that have not ended. They outlive the server, so that a training goes on; whoever ends one removes its folder, and what a
/// crash left of ended ones goes at the next start.
/// </summary>
internal sealed class TrainingFolders(DataFolder folder, ILogger<TrainingFolders> logger)
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true,
    };

    /// <summary>What all of them take on the disk.</summary>
    public long Bytes => new FileSystemEnumerable<long>(folder.Trainings, (ref entry) => entry.Length, Everything)
    {
        ShouldIncludePredicate = (ref entry) => !entry.IsDirectory,
    }.Sum();

    /// <summary>For what the training is made of.</summary>
    public string Inputs(string requestId) => Directory.CreateDirectory(Path.Combine(Of(requestId), "inputs")).FullName;

    /// <summary>For whoever trains.</summary>
    public string Work(string requestId) => Directory.CreateDirectory(Path.Combine(Of(requestId), "work")).FullName;

    public void Remove(string requestId) => OwnFiles.TryRemove(Of(requestId), logger);

    /// <summary>Removes all but those of some requests.</summary>
    public void RemoveOthers(IEnumerable<string> requestIds)
    {
        var ours = OwnFiles.FoldersIn(folder.Trainings, name => Guid.TryParseExact(name, "D", out _));
        foreach (var path in ours.ExceptBy(requestIds, path => Path.GetFileName(path)))
        {
            OwnFiles.TryRemove(path, logger);
        }
    }

    private string Of(string requestId) => Path.Combine(folder.Trainings, requestId);
}
