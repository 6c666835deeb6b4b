using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>A picture within a text.</summary>
/// <param name="Start">position of the first of its tokens</param>
/// <param name="Embeddings">[1, tokens, hidden], which stand there in the place of rows of the embedding table</param>
internal sealed record ImageSpan(long Start, Tensor Embeddings)
{
    public long Count => Embeddings.shape[1];
}
