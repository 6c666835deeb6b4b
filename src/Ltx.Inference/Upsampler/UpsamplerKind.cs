namespace Ltx.Inference.Upsampler;

/// <summary>How an upsampler makes more positions.</summary>
internal enum UpsamplerKind
{
    /// <summary>Twice the rows and columns.</summary>
    Space,

    /// <summary>A rational factor in space: up by an integer, blurred, down by an integer.</summary>
    RationalSpace,

    /// <summary>Twice the frames, less one.</summary>
    Time,

    /// <summary>Twice all three, less one frame.</summary>
    SpaceAndTime,
}
