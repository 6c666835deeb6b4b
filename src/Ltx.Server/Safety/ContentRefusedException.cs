namespace Ltx.Server.Safety;

/// <summary>A clip shows what this server refuses.</summary>
/// <param name="part">the source or the result</param>
/// <param name="frame">which frame, from 0</param>
/// <param name="finding">class and probability, for the operator's log alone</param>
internal sealed class ContentRefusedException(string part, int frame, string finding) : Exception($"The safety checker refused {part}: frame {frame}, {finding}.")
{
    public string Part => part;
}
