namespace Ltx.Inference.Planning;

/// <summary>Where the text encoder (Gemma, projection, connectors) is while no prompt is encoded.</summary>
public enum TextResidency
{
    /// <summary>On the card, always.</summary>
    Stays,

    /// <summary>Comes whole for a prompt and leaves after it.</summary>
    Visits,

    /// <summary>Comes piece by piece for a prompt: layer after layer of Gemma, then the projection, then one connector after the other.</summary>
    Streams,
}
