using System.Buffers.Binary;
using System.Text;

namespace Ltx.Server.Tests.Architecture;

/// <summary>Which files git tracks, read from its index without git: the fast tests have no other program. Format: git's documentation, "gitformat-index".</summary>
internal static class GitIndex
{
    // Of an entry, what stands before its path: times, numbers and sizes, the object's SHA-1, flags.
    private const int Fixed = 62, Extended = 0x4000;

    /// <summary>The index of a checkout or of a work tree beside it; null where there is none.</summary>
    public static string? Find(string root)
    {
        string git = Path.Combine(root, ".git");
        if (File.Exists(git)) git = Path.GetFullPath(File.ReadAllText(git)["gitdir: ".Length..].Trim(), root);
        string index = Path.Combine(git, "index");
        return File.Exists(index) ? index : null;
    }

    /// <summary>Paths from the root of the checkout.</summary>
    public static IReadOnlyList<string> Paths(string index)
    {
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(index);
        uint version = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), count = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        if (!bytes.StartsWith("DIRC"u8) || version is < 2 or > 4) throw new InvalidDataException($"{index} is of a version that nobody here has read: {version}.");
        List<string> paths = [];
        byte[] path = [];
        for (int at = 12; paths.Count < count;)
        {
            int begin = at + Fixed + ((BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + Fixed - 2)..]) & Extended) == 0 ? 0 : 2);
            // From version 4 on, a path says first how much of the end of the one before goes.
            int kept = version < 4 ? 0 : path.Length - Number(bytes, ref begin);
            int length = bytes[begin..].IndexOf((byte)0);
            path = [.. path.AsSpan(0, kept), .. bytes.Slice(begin, length)];
            paths.Add(Encoding.UTF8.GetString(path));
            at = version < 4 ? at + ((begin + length - at + 8) / 8 * 8) : begin + length + 1;
        }
        return paths;
    }

    // Seven bits a byte, the highest first; each further byte counts from one.
    private static int Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        int value = bytes[at] & 0x7F;
        while ((bytes[at++] & 0x80) != 0) value = ((value + 1) << 7) | (bytes[at] & 0x7F);
        return value;
    }
}
