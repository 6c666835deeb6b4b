using System.IO.Compression;
using Ltx.Training.Data;

namespace Ltx.Training.Tests.Data;

/// <summary>What archives are unpacked to. What is refused: BadDataSetTests.</summary>
public sealed class DataSetArchiveTests : IDisposable
{
    private readonly DataFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Files_come_out_with_their_bytes_in_their_folders_and_leavings_do_not()
    {
        byte[] film = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * i % 251))];
        TestZip zip = new TestZip().Add("set/", [], mode: TestZip.Folder).Add("set/a.mp4", film).Add("set\\b\\c.txt", "words").Add("./d.txt", "more")
            .Add("__MACOSX/set/._a.mp4").Add("set/.DS_Store").Add("made on a system without modes.txt", "x", mode: 0);

        Extract(zip);

        Assert.Equal(
            ["out", "out/d.txt", "out/made on a system without modes.txt", "out/set", "out/set/a.mp4", "out/set/b", "out/set/b/c.txt"],
            folder.Names().Where(name => name.StartsWith("out", StringComparison.Ordinal)));
        Assert.Equal(film, File.ReadAllBytes(folder.Beside("out/set/a.mp4")));
        Assert.Equal("words", File.ReadAllText(folder.Beside("out/set/b/c.txt")));
    }

    [Fact]
    public void What_a_killed_process_left_is_made_anew()
    {
        Directory.CreateDirectory(folder.Beside("out.partial/old"));

        Extract(new TestZip().Add("a.mp4"));

        Assert.Equal(["out", "out/a.mp4"], folder.Names().Where(name => name.StartsWith("out", StringComparison.Ordinal)));
    }

    [Fact]
    public void Whoever_is_interrupted_leaves_nothing()
    {
        string zip = Written(new TestZip().Add("a.mp4").ToArray());
        using CancellationTokenSource stop = new();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => DataSetArchive.Extract(zip, folder.Beside("out"), cancellation: stop.Token));

        Assert.DoesNotContain(folder.Names(), name => name.StartsWith("out", StringComparison.Ordinal));
    }

    /// <summary>A data set of white pictures is no bomb.</summary>
    [Fact]
    public void Small_files_may_become_as_much_larger_as_they_like()
    {
        TestZip zip = new TestZip().Add("a_mask.bmp", new byte[4 << 20], level: CompressionLevel.SmallestSize);
        Assert.True(zip.ToArray().Length < 10_000);

        Extract(zip);

        Assert.Equal(4 << 20, new FileInfo(folder.Beside("out/a_mask.bmp")).Length);
    }

    private void Extract(TestZip zip) =>
        DataSetArchive.Extract(Written(zip.ToArray()), folder.Beside("out"), cancellation: TestContext.Current.CancellationToken);

    private string Written(byte[] zip)
    {
        File.WriteAllBytes(folder.Beside("data.zip"), zip);
        return folder.Beside("data.zip");
    }
}
