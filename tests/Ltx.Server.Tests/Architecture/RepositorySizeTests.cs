using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Architecture;

[Fast]
public class RepositorySizeTests
{
    private const long Mebibyte = 1 << 20;

    /// <summary>
    /// What is tracked travels to every machine, to bare ones that take 64 MiB too. Which files those are is what git's index says; random numbers
    /// are packed, or made (docs/design.md, section 6).
    /// </summary>
    [Fact]
    public void What_git_tracks_has_less_than_60_MiB()
    {
        if (GitIndex.Find(Repository.Root) is not { } index)
        {
            Assert.Skip($"{Repository.Root} is no checkout of git: nothing says which of its files are tracked.");
            return;
        }
        IReadOnlyList<string> paths = GitIndex.Paths(index);
        Assert.Contains("README.md", paths);
        FileInfo[] files = [.. paths.Select(path => new FileInfo(Path.Combine(Repository.Root, path))).Where(file => file.Exists).OrderByDescending(file => file.Length)];
        // What is deleted and not yet committed may be missing, more may not.
        Assert.True(files.Length > paths.Count * 0.9, $"{files.Length} of {paths.Count} tracked files were found.");
        double length = files.Sum(file => file.Length) / (double)Mebibyte;
        Assert.True(length < 60, $"{length:0.0} MiB are tracked. The longest files:\n{string.Join('\n', files.Take(10).Select(file => $"{file.Length,10} {Path.GetRelativePath(Repository.Root, file.FullName)}"))}");
    }
}
