using Ltx.Inference.Native;
using Microsoft.Win32.SafeHandles;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>Writes tensors as a safetensors file, which has its name when it is whole and on disk.</summary>
internal static class TensorFile
{
    /// <summary>What a file is called until it is whole; one that a killed process left is written over.</summary>
    public const string PartialEnding = ".partial";

    /// <param name="path">of the file; one that is there is replaced</param>
    /// <param name="tensors">by name, on any device, in the type that they are to have; the file's order is the format's own</param>
    /// <param name="metadata">the file's text metadata</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        // The widest types lie first, as the format's own library writes them.
        List<(ExpectedTensor Form, Tensor Values)> ordered =
        [
            .. tensors.Select(tensor => (new ExpectedTensor(tensor.Key, (ElementType)tensor.Value.dtype, tensor.Value.shape, TensorRole.Weight), tensor.Value))
                .OrderByDescending(tensor => tensor.Item1.Type.Size()).ThenBy(tensor => tensor.Item1.Name, StringComparer.Ordinal),
        ];
        byte[] header = SafetensorsHeader.Write([.. ordered.Select(tensor => tensor.Form)], metadata);
        string partial = path + PartialEnding;
        try
        {
            using (SafeFileHandle file = File.OpenHandle(partial, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                RandomAccess.Write(file, header, 0);
                long at = header.Length;
                foreach ((ExpectedTensor form, Tensor values) in ordered)
                {
                    using Tensor here = values.detach().cpu().contiguous();
                    WriteAll(file, here, form.Length, at);
                    at += form.Length;
                }
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

    private static unsafe void WriteAll(SafeFileHandle file, Tensor tensor, long length, long at)
    {
        const int Piece = 1 << 24;
        byte* start = (byte*)ForeignMemory.Address(tensor);
        for (long done = 0; done < length; done += Piece)
        {
            RandomAccess.Write(file, new ReadOnlySpan<byte>(start + done, (int)Math.Min(Piece, length - done)), at + done);
        }
        GC.KeepAlive(tensor);
    }
}
