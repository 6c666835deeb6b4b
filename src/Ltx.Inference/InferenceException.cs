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
    public InferenceException(Fault fault, string message, Exception? cause = null) : base(message, cause) => Fault = fault;

    /// <summary>Whose fault it is.</summary>
    public Fault Fault { get; }
}
