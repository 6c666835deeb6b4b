namespace Ltx.Server.Http;

/// <summary>
/// What a client wrote and an answer's header repeats. Kestrel reads more than it writes: it throws where a value is set that is not printable ASCII.
/// </summary>
internal static class HeaderText
{
    /// <summary>Whether an answer's header can hold it.</summary>
    public static bool IsPlain(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
