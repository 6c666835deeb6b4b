using System.IO.Compression;
using Ltx.Training.Data;

namespace Ltx.Training.Tests.Data;

/// <summary>Archives that are refused, each kind once.</summary>
internal static class BadArchives
{
    private const string NoZip = "The archive is no zip file, or one that is damaged or cut off.", Damaged = "is damaged or cut off";

    private const string NoFile = "is a link or a device, and only files are taken", NoName = "is no name that a file can have here";

    private static readonly DataSetLimits Small = new() { MaxFiles = 3, MaxBytes = 3000, MaxFileBytes = 2000, RatioFloor = 500, MaxRatio = 4 };

    private static readonly string Long = new('a', 300), Deep = string.Concat(Enumerable.Repeat("a/", 100));

    public static IEnumerable<BadDataSet> All =>
    [
        Outside("a name that leads out", "../evil.mp4"),
        Outside("a name that leads out and in again", "a/../../files/evil.mp4"),
        Outside("a name that leads out with the other slash", "a\\..\\..\\evil.mp4"),
        Outside("an absolute name", "/etc/evil.mp4"),
        Outside("an absolute name with the other slash", "\\\\host\\evil.mp4"),
        Outside("a name on a drive", "C:evil.mp4"),
        Entry("a link", "a.mp4", NoFile, () => With("a.mp4", TestZip.Link).ToArray()),
        Entry("a pipe", "a.mp4", NoFile, () => With("a.mp4", TestZip.Fifo).ToArray()),
        Entry("a name of several lines", "a?b.mp4", NoName, () => With("a\nb.mp4").ToArray()),
        Entry("a name that is too long", $"...{Long[..116]}.mp4", NoName, () => With($"{Long}.mp4").ToArray()),
        Entry("folders in folders in folders", $"...{Deep[..116]}.mp4", NoName, () => With($"{Deep}.mp4").ToArray()),
        Entry("two files of one name", "A.mp4", "is there twice, perhaps with other capitals", () => With("a.mp4").Add("A.mp4").ToArray()),
        Entry("a file that is a folder too", "a", "is a file and a folder", () => With("a").Add("a/b.mp4").ToArray()),
        Entry("encrypted", "a.mp4", "is encrypted; pack it without a password", () => With("a.mp4").Encrypted()),
        Entry(
            "packed by another method", "a.mp4", "is packed in a way that is not read here, or damaged; pack it by deflate, or as it is",
            () => With("a.mp4").PackedBy(95)),
        Entry("damaged data", "a.mp4", Damaged, WithDamage),
        Entry("a length that is not reached", "a.mp4", Damaged, () => With("a.mp4").Claiming(1000)),
        Whole("cut off", NoZip, () => With("a.mp4").ToArray()[..^40]),
        Whole("no archive", NoZip, () => "This is no archive.\n"u8.ToArray()),
        Whole("an empty file", NoZip, () => []),
        Whole("an archive of no files", "The archive holds no files.", () => new TestZip().Add("a/", [], TestZip.Folder).Add("__MACOSX/b").ToArray()),
        Entry("a file that is too large", "a.mp4", "has more than 2000 bytes", () => new TestZip().Add("a.mp4", Random(2001)).ToArray()),
        Whole(
            "files that are too large together", "The archive's files have more than 3000 bytes together.",
            () => new TestZip().Add("a.mp4", Random(1600)).Add("b.mp4", Random(1600)).ToArray()),
        Whole(
            "a bomb", "The archive's files are more than 4 times larger than the archive itself, which no videos are.",
            () => new TestZip().Add("a.mp4", new byte[1900], level: CompressionLevel.SmallestSize).ToArray()),
        Whole("too many files in an archive", "The archive has more than 3 files.", () => Many(4, ".mp4")),
        Whole("a list that has no end", "The archive has more than 3 files.", () => Many(4000, new string('/', 100))),
    ];

    private static BadDataSet Outside(string name, string entry) =>
        Entry(name, entry, "would lie outside the folder that it is unpacked into", () => new TestZip().Add("good.mp4").Add(entry).ToArray());

    private static BadDataSet Entry(string name, string entry, string why, Func<byte[]> zip) =>
        Whole(name, $"\"{entry}\" of the archive {why}.", zip);

    private static BadDataSet Whole(string name, string sentence, Func<byte[]> zip) => new(name, sentence, _ => { }) { Zip = zip, Limits = Small };

    private static TestZip With(string name, int mode = TestZip.RegularFile) => new TestZip().Add(name, "x", mode);

    private static byte[] Many(int count, string ending)
    {
        TestZip zip = new();
        for (int i = 0; i < count; i++) zip.Add($"{i}{ending}", []);
        return zip.ToArray();
    }

    // No deflated block begins with a third type, which is what all bits set are.
    private static byte[] WithDamage()
    {
        byte[] zip = new TestZip().Add("a.mp4", new byte[1000]).ToArray();
        zip[30 + "a.mp4".Length] = 0xFF;
        return zip;
    }

    private static byte[] Random(int count)
    {
        byte[] bytes = new byte[count];
        // The same ones in every run.
        new Random(7).NextBytes(bytes);
        return bytes;
    }
}
