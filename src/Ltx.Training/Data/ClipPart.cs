namespace Ltx.Training.Data;

/// <summary>What a file is to its clip.</summary>
internal enum ClipPart
{
    /// <summary>What is learned.</summary>
    Target,

    /// <summary>White where that is to be made anew.</summary>
    Mask,

    /// <summary>What it is made from.</summary>
    Reference,

    /// <summary>What it shows, in words.</summary>
    Caption,
}
