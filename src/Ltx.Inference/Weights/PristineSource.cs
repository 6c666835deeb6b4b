namespace Ltx.Inference.Weights;

/// <summary>Where a model's own weights are read from when LoRAs change.</summary>
public enum PristineSource
{
    /// <summary>The mapped file again, through buffers.</summary>
    File,

    /// <summary>Pinned host memory, where they stay from their first reading on.</summary>
    Pinned,

    /// <summary>The mapped file's own pages, which lie in memory already and are registered with the device.</summary>
    Mapped,
}
