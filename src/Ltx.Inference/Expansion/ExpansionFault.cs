namespace Ltx.Inference.Expansion;

/// <summary>Why what Gemma wrote cannot be used as a prompt.</summary>
internal enum ExpansionFault
{
    /// <summary>There is nothing left of it.</summary>
    Empty,

    /// <summary>It holds characters that no prompt has, or hardly any letters.</summary>
    NotText,

    /// <summary>It goes round in circles.</summary>
    Repetition,

    /// <summary>It declines instead of writing.</summary>
    Refusal,

    /// <summary>It came to its last token before its first sentence ended.</summary>
    BrokenOff,

    /// <summary>The caller does not want such a text.</summary>
    Disallowed,
}
