using System.Buffers;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using Microsoft.Win32.SafeHandles;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Writes a safetensors file of any size in pieces, with memory for a piece a thread. The file has its name when it is whole and on disk.
/// </summary>
internal static class SafetensorsWriter
{
    private const string PartialEnding = ".partial";

    /// <param name="path">of the file</param>
    /// <param name="tensors">what is in it, in any order: the widest types lie first, as the format's own library writes them</param>
    /// <param name="metadata">the file's text metadata</param>
    /// <param name="values">numbers of a part of a tensor</param>
    /// <param name="written">told of every piece's bytes, from any thread</param>
    public static void Write(
        string path, IEnumerable<ExpectedTensor> tensors, IReadOnlyDictionary<string, string> metadata, RandomValues values, Action<long> written, CancellationToken cancellation)
    {
        List<ExpectedTensor> ordered = [.. tensors.OrderByDescending(tensor => tensor.Type.Size()).ThenBy(tensor => tensor.Name, StringComparer.Ordinal)];
        byte[] header = SafetensorsHeader.Write(ordered, metadata);
        string partial = path + PartialEnding;
        try
        {
            using (SafeFileHandle file = File.OpenHandle(partial, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.None, header.Length + ordered.Sum(tensor => tensor.Length)))
            {
                RandomAccess.Write(file, header, 0);
                ParallelOptions options = new() { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
                Parallel.ForEach(Pieces(ordered, header.Length), options, piece => written(WritePiece(file, piece, values)));
                RandomAccess.FlushToDisk(file);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static long WritePiece(SafeFileHandle file, Piece piece, RandomValues values)
    {
        int length = piece.Elements * piece.Tensor.Type.Size();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            values.Fill(piece.Tensor, piece.FirstElement, buffer.AsSpan(0, length));
            RandomAccess.Write(file, buffer.AsSpan(0, length), piece.Offset);
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static IEnumerable<Piece> Pieces(List<ExpectedTensor> tensors, long offset)
    {
        foreach (ExpectedTensor tensor in tensors)
        {
            for (long first = 0; first < tensor.Elements; first += RandomValues.Granularity)
            {
                int elements = (int)Math.Min(RandomValues.Granularity, tensor.Elements - first);
                yield return new Piece(tensor, first, elements, offset);
                offset += (long)elements * tensor.Type.Size();
            }
        }
    }

    private readonly record struct Piece(ExpectedTensor Tensor, long FirstElement, int Elements, long Offset);
}
