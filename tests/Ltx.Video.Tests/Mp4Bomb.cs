using System.Buffers.Binary;
using System.Text;

namespace Ltx.Video.Tests;

/// <summary>A small MP4 whose sample table claims as many samples as one likes: a reader makes an index entry of 24 bytes for each.</summary>
internal static class Mp4Bomb
{
    private const ushort Side = 64;
    private static readonly byte[] Matrix = Numbers(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

    public static byte[] Make(uint samples)
    {
        var entry = Box("raw ", new byte[6], [0, 1], new byte[16], [0, (byte)Side, 0, (byte)Side], Numbers(0x480000, 0x480000, 0), [0, 1], new byte[32], [0, 24, 0xFF, 0xFF]);
        var table = Box(
            "stbl",
            Full("stsd", Numbers(1), entry),
            Full("stts", Numbers(1, samples, 1)),
            Full("stsc", Numbers(1, 1, samples, 1)),
            Full("stsz", Numbers(1, samples)),
            Full("stco", Numbers(1, 2000)));
        var media = Box(
            "mdia",
            Full("mdhd", Numbers(0, 0, 1000, 1000), [0x55, 0xC4, 0, 0]),
            Full("hdlr", Numbers(0), Encoding.ASCII.GetBytes("vide"), new byte[12], "v\0"u8.ToArray()),
            Box("minf", Box("vmhd", [0, 0, 0, 1], new byte[8]), Box("dinf", Full("dref", Numbers(1), Box("url ", [0, 0, 0, 1]))), table));
        var track = Box("trak", Box("tkhd", [0, 0, 0, 7], Numbers(0, 0, 1, 0, 1000), new byte[16], Matrix, Numbers((uint)Side << 16, (uint)Side << 16)), media);
        var header = Full("mvhd", Numbers(0, 0, 1000, 1000, 0x10000), [1, 0, 0, 0], new byte[8], Matrix, new byte[24], Numbers(2));
        return [.. Box("ftyp", "isom\0\0\u0002\0isomiso2"u8.ToArray()), .. Box("moov", header, track), .. Box("mdat", new byte[20000])];
    }

    private static byte[] Full(string type, params byte[][] parts) => Box(type, [new byte[4], .. parts]);

    private static byte[] Box(string type, params byte[][] parts)
    {
        byte[] content = [.. parts.SelectMany(part => part)];
        return [.. Numbers((uint)content.Length + 8), .. Encoding.ASCII.GetBytes(type), .. content];
    }

    private static byte[] Numbers(params uint[] values)
    {
        var bytes = new byte[4 * values.Length];
        foreach (var (i, value) in values.Index())
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), value);
        }

        return bytes;
    }
}
