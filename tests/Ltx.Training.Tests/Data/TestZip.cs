using System.Buffers.Binary;
using System.IO.Compression;

namespace Ltx.Training.Tests.Data;

/// <summary>Archives in memory: sound ones, and such as no sound program makes.</summary>
internal sealed class TestZip
{
    // Of the records of a zip (APPNOTE 4.3.7 and 4.3.12): signatures, and where flags, method and length lie in them.
    private static readonly byte[] Local = [0x50, 0x4B, 3, 4], Central = [0x50, 0x4B, 1, 2];

    private readonly List<(string Name, byte[] Content, int Attributes, CompressionLevel Level)> entries = [];

    public const int RegularFile = 0x81A4, Folder = 0x41ED, Link = 0xA1FF, Fifo = 0x11A4;

    public TestZip Add(string name, byte[] content, int mode = RegularFile, CompressionLevel level = CompressionLevel.Fastest)
    {
        entries.Add((name, content, mode << 16, level));
        return this;
    }

    public TestZip Add(string name, string content = "x", int mode = RegularFile) => Add(name, System.Text.Encoding.UTF8.GetBytes(content), mode);

    public byte[] ToArray()
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content, attributes, level) in entries)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name, level);
                entry.ExternalAttributes = attributes;
                using Stream file = entry.Open();
                file.Write(content);
            }
        }
        return stream.ToArray();
    }

    /// <summary>The same with the flag of an encrypted first entry.</summary>
    public byte[] Encrypted() => Patched(6, 8, at => (ushort)(at | 1));

    /// <summary>The same with a first entry that is packed by that method.</summary>
    public byte[] PackedBy(ushort method) => Patched(8, 10, _ => method);

    /// <summary>The same with a list that gives a first entry another length.</summary>
    public byte[] Claiming(int length)
    {
        byte[] zip = ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(zip.AsSpan(zip.AsSpan().IndexOf(Central) + 24), length);
        return zip;
    }

    private byte[] Patched(int inLocal, int inCentral, Func<ushort, ushort> change)
    {
        byte[] zip = ToArray();
        foreach (int at in new[] { zip.AsSpan().IndexOf(Local) + inLocal, zip.AsSpan().IndexOf(Central) + inCentral })
        {
            Span<byte> field = zip.AsSpan(at, 2);
            BinaryPrimitives.WriteUInt16LittleEndian(field, change(BinaryPrimitives.ReadUInt16LittleEndian(field)));
        }
        return zip;
    }
}
