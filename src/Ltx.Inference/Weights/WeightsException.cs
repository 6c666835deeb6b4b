namespace Ltx.Inference.Weights;

/// <summary>A weights file, a LoRA or a model folder that cannot be used; the sentence names the file and what is wrong with it.</summary>
public sealed class WeightsException : InferenceException
{
    public WeightsException(string message, Exception? cause = null) : base(Fault.Input, message, cause)
    {
    }
}
