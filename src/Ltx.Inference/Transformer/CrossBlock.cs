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
    // Rows of both tables. Here scale comes before shift; the last row is the gate of what the stream takes in.
    private const int Rows = 5, Gate = 4;
    private const int ToVideoScale = 0, ToVideoShift = 1, ToAudioScale = 2, ToAudioShift = 3;

    private readonly Attention audioToVideo, videoToAudio;
    private readonly Tensor videoTable, audioTable;
    private readonly double epsilon;

    public CrossBlock(WeightScope scope, TransformerConfig config)
    {
        (StreamConfig video, StreamConfig audio) = (config.Video, config.Audio);
        epsilon = config.NormEpsilon;
        audioToVideo = new Attention(scope["audio_to_video_attn"], video.Features, audio.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        videoToAudio = new Attention(scope["video_to_audio_attn"], audio.Features, video.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        videoTable = scope.Tensor("scale_shift_table_a2v_ca_video", Rows, video.Features);
        audioTable = scope.Tensor("scale_shift_table_a2v_ca_audio", Rows, audio.Features);
    }

    /// <param name="videoTokens">[B, T, Dv]</param>
    /// <param name="audioTokens">[B, S, Da]</param>
    public (Tensor Video, Tensor Audio) Forward(Tensor videoTokens, Tensor audioTokens, StreamState video, StreamState audio)
    {
        using Part part = Part.At("between video and audio");
        using var scope = NewDisposeScope();
        Tensor fromAudio = audioToVideo.Forward(
            Normed(videoTokens, video, videoTable, ToVideoScale, ToVideoShift), Normed(audioTokens, audio, audioTable, ToVideoScale, ToVideoShift),
            video.Input.Geometry.Cross, audio.Input.Geometry.Cross);
        Tensor fromVideo = videoToAudio.Forward(
            Normed(audioTokens, audio, audioTable, ToAudioScale, ToAudioShift), Normed(videoTokens, video, videoTable, ToAudioScale, ToAudioShift),
            audio.Input.Geometry.Cross, video.Input.Geometry.Cross);
        Tensor newVideo = Modulations.AddGated(videoTokens, fromAudio, video.CrossGate.Row(videoTable, Gate, 0).PerToken());
        Tensor newAudio = Modulations.AddGated(audioTokens, fromVideo, audio.CrossGate.Row(audioTable, Gate, 0).PerToken());
        return (newVideo.MoveToOuterDisposeScope(), newAudio.MoveToOuterDisposeScope());
    }

    private Tensor Normed(Tensor x, StreamState state, Tensor table, int scaleRow, int shiftRow) => Modulations.NormModulate(
        x, state.CrossScaleShift.ScaleRow(table, scaleRow, scaleRow).PerToken(), state.CrossScaleShift.Row(table, shiftRow, shiftRow).PerToken(), epsilon);
}
