using Ltx.Inference.Layers;

namespace Ltx.Inference.Transformer;

/// <summary>Rotary tables of a stream's tokens: made once for a clip, used by every pass.</summary>
/// <param name="Self">for attention within the stream</param>
/// <param name="Cross">for attention to the other stream: times only</param>
public sealed record TokenGeometry(RotaryTable Self, RotaryTable Cross) : IDisposable
{
    /// <summary>Makes the caller the one who disposes it.</summary>
    internal TokenGeometry DetachFromDisposeScope()
    {
        foreach (RotaryTable table in new[] { Self, Cross })
        {
            table.Cos.DetachFromDisposeScope();
            table.Sin.DetachFromDisposeScope();
        }
        return this;
    }

    public void Dispose()
    {
        Self.Dispose();
        Cross.Dispose();
    }
}
