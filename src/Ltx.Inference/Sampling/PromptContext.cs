using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>What the text encoder made of a prompt, for each stream.</summary>
/// <param name="Video">[B, S, Dv]</param>
/// <param name="Audio">[B, S, Da]</param>
public sealed record PromptContext(Tensor Video, Tensor Audio) : IDisposable
{
    public void Dispose()
    {
        Video.Dispose();
        Audio.Dispose();
    }
}
