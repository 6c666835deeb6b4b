namespace Ltx.Inference.TextEncoder;

/// <summary>A token that is matched in the text itself, before merges.</summary>
/// <param name="Content">its text</param>
/// <param name="Id">its id</param>
/// <param name="Special">whether decoding leaves it out</param>
internal sealed record AddedToken(string Content, int Id, bool Special);
