namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Gemma 3's chat template, for one system and one user text. The model has no system role: the system text opens the user's turn.
/// </summary>
internal static class ChatTemplate
{
    /// <returns>the text up to where the model is to continue, with its own BOS: it is encoded without a further one</returns>
    public static string Render(string? system, string user)
    {
        string opening = system is null ? "" : system + "\n\n";
        return $"<bos><start_of_turn>user\n{opening}{PythonText.Strip(user)}<end_of_turn>\n<start_of_turn>model\n";
    }
}
