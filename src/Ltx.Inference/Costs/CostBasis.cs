namespace Ltx.Inference.Costs;

/// <summary>What bytes are counted by.</summary>
/// <param name="Element">bytes of a number</param>
/// <param name="Device">what the device adds to tensors</param>
internal sealed record CostBasis(int Element, DeviceMemoryTraits Device)
{
    /// <summary>Where only operations are asked for, which are the same everywhere.</summary>
    public static CostBasis Any { get; } = new(2, DeviceMemoryTraits.Cpu);
}
