using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>What the transformer's text attention looks at. No mask belongs to it: every place is filled.</summary>
/// <param name="Video">[B, 1024, Dv]</param>
/// <param name="Audio">[B, 1024, Da]</param>
public sealed record PromptContext(Tensor Video, Tensor Audio) : IDisposable
{
    public void Dispose()
    {
        Video.Dispose();
        Audio.Dispose();
    }
}
