using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>The tokens of both streams between two blocks, or at the end of a pass.</summary>
/// <param name="Video">[B, T, Dv]</param>
/// <param name="Audio">[B, S, Da]; null where there is no such stream</param>
internal readonly record struct StreamTokens(Tensor Video, Tensor? Audio)
{
    public StreamTokens MoveToOuterDisposeScope()
    {
        Video.MoveToOuterDisposeScope();
        Audio?.MoveToOuterDisposeScope();
        return this;
    }

    public void Dispose()
    {
        Video.Dispose();
        Audio?.Dispose();
    }
}
