using System.Buffers.Binary;
using System.Text;

namespace Ltx.Inference.Tests.Weights;

/// <summary>A folder of weight files that a test writes byte by byte; gone when the test is over.</summary>
internal sealed class WeightFiles : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ltx-weights-").FullName;
    private int count;

    public string Folder => folder;

    public string At(string name) => Path.Combine(folder, name);

    /// <summary>A file whose first eight bytes tell the header's true length.</summary>
    public string Write(string header, int dataLength, string? name = null) => Write(Encoding.UTF8.GetBytes(header), new byte[dataLength], name);

    public string Write(byte[] header, byte[] data, string? name = null) => Write((ulong)header.Length, header, data, name);

    /// <summary>A file that may lie about its header's length.</summary>
    public string Write(ulong headerLength, byte[] header, byte[] data, string? name = null)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, headerLength);
        return Raw([.. length, .. header, .. data], name);
    }

    public string Raw(byte[] bytes, string? name = null)
    {
        string path = At(name ?? $"{count++}.safetensors");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
