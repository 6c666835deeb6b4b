using Ltx.Inference.Layers;

namespace Ltx.Inference.Transformer;

/// <summary>Rotary tables of a stream's tokens: made once for a clip, used by every pass.</summary>
/// <param name="Self">for attention within the stream</param>
/// <param name="Cross">for attention to the other stream: times only</param>
public sealed record TokenGeometry(RotaryTable Self, RotaryTable Cross) : IDisposable
{
    public void Dispose()
    {
        Self.Dispose();
        Cross.Dispose();
    }
}
