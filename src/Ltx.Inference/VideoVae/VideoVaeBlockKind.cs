namespace Ltx.Inference.VideoVae;

/// <summary>What a block of the VAE's list is.</summary>
internal enum VideoVaeBlockKind
{
    /// <summary>Residual blocks, size kept.</summary>
    Residual,

    /// <summary>A convolution with a stride.</summary>
    StridedConv,

    /// <summary>Convolution and space-to-depth, with a skip.</summary>
    SpaceToDepth,

    /// <summary>Convolution and depth-to-space.</summary>
    DepthToSpace,
}
