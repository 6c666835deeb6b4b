using Ltx.Inference.Generation;

namespace Ltx.Server.Tests.Media;

/// <summary>Keeps every frame, as it is before it is encoded.</summary>
internal sealed class CollectingSink : IInpaintSink
{
    public List<byte[]> Frames { get; } = [];

    public void Begin(SoundClip? generatedSound)
    {
    }

    public void Write(byte[] frame) => Frames.Add(frame);
}
