using Ltx.Inference.Generation;

namespace Ltx.Inference.Tests.Generation;

/// <summary>Keeps what a run gives.</summary>
internal sealed class RecordedClip : IInpaintSink
{
    private readonly List<byte[]> frames = [];

    public IReadOnlyList<byte[]> Frames => frames;

    public SoundClip? Sound { get; private set; }

    public int Begun { get; private set; }

    public void Begin(SoundClip? generatedSound)
    {
        Assert.Empty(frames);
        Begun++;
        Sound = generatedSound;
    }

    public void Write(byte[] frame)
    {
        Assert.Equal(1, Begun);
        frames.Add(frame);
    }
}
