namespace Ltx.Inference;

/// <summary>Whose fault a failure is: it decides the exit code of a command and the status of an answer.</summary>
public enum Fault
{
    /// <summary>What the caller gave cannot be used: a file, a value, a combination.</summary>
    Input,

    /// <summary>The caller did nothing wrong: this machine or this program failed.</summary>
    Internal,
}

/// <summary>An expected failure of the engine, with one sentence for a person.</summary>
public class InferenceException : Exception
{
    /// <summary>A file's names and metadata stand in sentences, and may have megabytes; no sentence has more characters than this.</summary>
    public const int Longest = 1000;

    /// <param name="fault">whose</param>
    /// <param name="message">the sentence; of a longer one than <see cref="Longest"/> the middle is left out</param>
    /// <param name="cause">what was thrown, where something was</param>
    public InferenceException(Fault fault, string message, Exception? cause = null) : base(Shorten(message), cause) => Fault = fault;

    /// <summary>Whose fault it is.</summary>
    public Fault Fault { get; }

    // A character of two halves is not cut in two: JSON could not hold a half.
    private static string Shorten(string message)
    {
        if (message.Length <= Longest) return message;
        int head = Longest * 7 / 10, tail = message.Length - (Longest / 4);
        if (char.IsHighSurrogate(message[head - 1])) head--;
        if (char.IsLowSurrogate(message[tail])) tail++;
        return $"{message.AsSpan(0, head)} [...] {message.AsSpan(tail)}";
    }
}
