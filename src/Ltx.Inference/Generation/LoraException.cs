namespace Ltx.Inference.Generation;

/// <summary>One of a request's LoRAs cannot be used.</summary>
/// <param name="index">which of them, from 0</param>
/// <param name="message">one sentence that names it</param>
/// <param name="cause">what was found in the file</param>
public sealed class LoraException(int index, string message, Exception? cause = null) : InferenceException(Fault.Input, message, cause)
{
    /// <summary>Which of the request's LoRAs, from 0.</summary>
    public int Index => index;
}
