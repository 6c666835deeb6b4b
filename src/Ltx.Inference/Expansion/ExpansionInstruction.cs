namespace Ltx.Inference.Expansion;

/// <summary>What Gemma is told about its task: the texts that lie beside this file.</summary>
internal static class ExpansionInstruction
{
    /// <param name="withSound">whether the clip's sound is generated from the prompt, too</param>
    /// <param name="withFrame">whether it is shown a frame, with the masked region in green</param>
    public static string Text(bool withSound, bool withFrame = false) => Read("instruction.txt")
        .Replace("{frame}\n", withFrame ? Read("frame.txt") + "\n" : "", StringComparison.Ordinal)
        .Replace("{sound}", Read(withSound ? "sound.txt" : "silence.txt"), StringComparison.Ordinal);

    private static string Read(string file)
    {
        using Stream resource = typeof(ExpansionInstruction).Assembly.GetManifestResourceStream($"Expansion.{file}") ?? throw new InvalidOperationException($"The program was built without {file}.");
        using StreamReader reader = new(resource);
        return reader.ReadToEnd().Trim();
    }
}
