using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>
/// Attention between the streams, both ways from the same state of both.
/// Source: ltx_core/model/transformer/transformer.py (400fd31).
/// </summary>
internal sealed class CrossBlock
{
    // Rows of both tables. The last one is the gate of what the stream takes in, and has a head to itself.
    private const int Rows = 5, Gate = 4;

    // Here scale comes before shift.
    private static readonly ModulationRows ToVideoRows = new(Scale: 0, Shift: 1), ToAudioRows = new(Scale: 2, Shift: 3);

    private readonly Attention takeAudio, takeVideo;
    private readonly Tensor videoTable, audioTable;
    private readonly double epsilon;

    public CrossBlock(WeightScope scope, TransformerConfig config)
    {
        (StreamConfig video, StreamConfig audio) = (config.Video, config.Audio);
        epsilon = config.NormEpsilon;
        takeAudio = new Attention(scope["audio_to_video_attn"], video.Features, audio.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        takeVideo = new Attention(scope["video_to_audio_attn"], audio.Features, video.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        audioTable = scope.Table("scale_shift_table_a2v_ca_audio", Rows, audio.Features);
        videoTable = scope.Table("scale_shift_table_a2v_ca_video", Rows, video.Features);
    }

    /// <param name="videoTokens">[B, T, Dv]</param>
    /// <param name="audioTokens">[B, S, Da]</param>
    public (Tensor Video, Tensor Audio) Forward(Tensor videoTokens, Tensor audioTokens, StreamState video, StreamState audio)
    {
        using Part part = Part.At("between video and audio");
        using var scope = NewDisposeScope();
        (Tensor videoToVideo, Tensor videoToAudio) = Normed(videoTokens, video, videoTable);
        (Tensor audioToVideo, Tensor audioToAudio) = Normed(audioTokens, audio, audioTable);
        Tensor fromAudio = takeAudio.Forward(videoToVideo, audioToVideo, video.Input.Geometry.Cross, audio.Input.Geometry.Cross);
        Tensor fromVideo = takeVideo.Forward(audioToAudio, videoToAudio, audio.Input.Geometry.Cross, video.Input.Geometry.Cross);
        Tensor newVideo = Gated(videoTokens, fromAudio, video, videoTable), newAudio = Gated(audioTokens, fromVideo, audio, audioTable);
        return (newVideo.MoveToOuterDisposeScope(), newAudio.MoveToOuterDisposeScope());
    }

    // What a stream's tokens bring into the attention that the video gets something from, and into the other one.
    private (Tensor ToVideo, Tensor ToAudio) Normed(Tensor x, StreamState state, Tensor table) =>
        Modulations.NormModulate(x, state.Cross!.ScaleShift.Beside(table), (ToVideoRows.Scale, ToVideoRows.Shift), (ToAudioRows.Scale, ToAudioRows.Shift), epsilon);

    private static Tensor Gated(Tensor x, Tensor taken, StreamState state, Tensor table) =>
        Modulations.AddGated(x, taken, state.Cross!.Gate.Beside(table.narrow(0, Gate, 1)), 0);
}
