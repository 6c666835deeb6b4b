namespace Ltx.Inference.Weights;

/// <summary>One tensor of a <see cref="PristineStore"/>.</summary>
internal sealed class PristineTensor(PristineStore store, SafetensorsFile file, TensorEntry entry)
{
    /// <summary>Where it lies in pinned host memory, byte for byte; null before it is there, and where it cannot be.</summary>
    public nint? Address { get; private set; }

    /// <summary>Brings it there, unless it is. On the thread of the reader that is to copy it on.</summary>
    public nint? Keep() => Address ??= store.Keep(file, entry);
}
