namespace Ltx.Inference.Lora;

/// <summary>One of several LoRAs turned out to be unusable while they were merged.</summary>
public sealed class LoraMergeException(LoraFile file, string message) : InferenceException(Fault.Input, message)
{
    /// <summary>Which of them.</summary>
    public LoraFile File => file;
}
