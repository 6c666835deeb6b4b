namespace Ltx.Inference.Generation;

/// <summary>Takes the result as it is finished. Called on the pipeline's thread; may block to slow the pipeline down.</summary>
public interface IInpaintSink
{
    /// <summary>Comes once, before the first frame.</summary>
    /// <param name="generatedSound">the sound that was made for the clip; null where there is none, or the source's is kept</param>
    void Begin(SoundClip? generatedSound);

    /// <summary>The next frame, in the form of the request's.</summary>
    void Write(byte[] frame);
}
