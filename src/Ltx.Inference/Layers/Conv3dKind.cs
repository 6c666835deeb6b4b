namespace Ltx.Inference.Layers;

/// <summary>How a convolution treats time.</summary>
internal enum Conv3dKind
{
    /// <summary>A kernel of three frames and no padding: the caller brings the frames before and after.</summary>
    UnpaddedTime,

    /// <summary>A kernel of three frames, with a frame of zeros before and after.</summary>
    ZeroPaddedTime,

    /// <summary>A two-dimensional kernel on every frame.</summary>
    PerFrame,
}
