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

    private readonly Attention audioToVideo, videoToAudio;
    private readonly Tensor videoTable, audioTable;
    private readonly double epsilon;

    public CrossBlock(WeightScope scope, TransformerConfig config)
    {
        (StreamConfig video, StreamConfig audio) = (config.Video, config.Audio);
        epsilon = config.NormEpsilon;
        audioToVideo = new Attention(scope["audio_to_video_attn"], video.Features, audio.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        videoToAudio = new Attention(scope["video_to_audio_attn"], audio.Features, video.Features, audio.Heads, audio.HeadFeatures, config.GatedAttention, epsilon);
        audioTable = scope.Table("scale_shift_table_a2v_ca_audio", Rows, audio.Features);
        videoTable = scope.Table("scale_shift_table_a2v_ca_video", Rows, video.Features);
    }

    /// <param name="videoTokens">[B, T, Dv]</param>
    /// <param name="audioTokens">[B, S, Da]</param>
    public (Tensor Video, Tensor Audio) Forward(Tensor videoTokens, Tensor audioTokens, StreamState video, StreamState audio)
    {
        using Part part = Part.At("between video and audio");
        using var scope = NewDisposeScope();
        Tensor fromAudio = audioToVideo.Forward(
            Normed(videoTokens, video, videoTable, ToVideoRows), Normed(audioTokens, audio, audioTable, ToVideoRows),
            video.Input.Geometry.Cross, audio.Input.Geometry.Cross);
        Tensor fromVideo = videoToAudio.Forward(
            Normed(audioTokens, audio, audioTable, ToAudioRows), Normed(videoTokens, video, videoTable, ToAudioRows),
            audio.Input.Geometry.Cross, video.Input.Geometry.Cross);
        Tensor newVideo = Modulations.AddGated(videoTokens, fromAudio, video.CrossGate.Only(videoTable[Gate]).PerToken());
        Tensor newAudio = Modulations.AddGated(audioTokens, fromVideo, audio.CrossGate.Only(audioTable[Gate]).PerToken());
        return (newVideo.MoveToOuterDisposeScope(), newAudio.MoveToOuterDisposeScope());
    }

    private Tensor Normed(Tensor x, StreamState state, Tensor table, ModulationRows rows) =>
        state.CrossScaleShift.At(table, rows).NormModulate(x, epsilon);
}
