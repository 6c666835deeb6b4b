namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Gemma 3's chat template, for one system and one user text, and a picture before the latter. The model has no system role: the system
/// text opens the user's turn.
/// </summary>
internal static class ChatTemplate
{
    /// <summary>What stands for each token of a picture.</summary>
    public const string ImageToken = "<image_soft_token>";

    /// <param name="imageTokens">how many tokens a picture in front of the user's text has; 0 for no picture</param>
    /// <returns>the text up to where the model is to continue, with its own BOS: it is encoded without a further one</returns>
    public static string Render(string? system, string user, int imageTokens = 0)
    {
        string opening = system is null ? "" : system + "\n\n";
        // The reference's processor sets a picture off by two line breaks on either side (Gemma3Processor of huggingface/transformers).
        string image = imageTokens == 0 ? "" : $"\n\n<start_of_image>{string.Concat(Enumerable.Repeat(ImageToken, imageTokens))}<end_of_image>\n\n";
        return $"<bos><start_of_turn>user\n{opening}{image}{PythonText.Strip(user)}<end_of_turn>\n<start_of_turn>model\n";
    }
}
