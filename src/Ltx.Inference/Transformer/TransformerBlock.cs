using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>One of the transformer's blocks: each stream attends to itself and to the text, then to the other, then goes through its feed-forward.</summary>
internal sealed class TransformerBlock(WeightScope scope, TransformerConfig config)
{
    private readonly StreamBlock video = new(scope, "", config.Video, config);
    private readonly StreamBlock audio = new(scope, "audio_", config.Audio, config);
    private readonly CrossBlock cross = new(scope, config);

    /// <param name="vx">[B, T, Dv] video tokens</param>
    /// <param name="ax">[B, S, Da] audio tokens</param>
    /// <param name="index">which block this is</param>
    public (Tensor Video, Tensor Audio) Forward(Tensor vx, Tensor ax, StreamState videoState, StreamState audioState, Perturbations perturbations, int index)
    {
        using var scope = NewDisposeScope();
        vx = video.Attend(vx, videoState, perturbations.VideoSelfAttention.Contains(index));
        ax = audio.Attend(ax, audioState, perturbations.AudioSelfAttention.Contains(index));
        if (!perturbations.CrossAttention) (vx, ax) = cross.Forward(vx, ax, videoState, audioState);
        vx = video.FeedForward(vx, videoState);
        ax = audio.FeedForward(ax, audioState);
        return (vx.MoveToOuterDisposeScope(), ax.MoveToOuterDisposeScope());
    }

    /// <summary>The video stream by itself: no sound, and nothing between the two. Source: the model's pass without one (model.py, 400fd31).</summary>
    /// <param name="vx">[B, T, Dv]</param>
    public Tensor Forward(Tensor vx, StreamState videoState)
    {
        using var scope = NewDisposeScope();
        return video.FeedForward(video.Attend(vx, videoState, passValues: false), videoState).MoveToOuterDisposeScope();
    }
}
