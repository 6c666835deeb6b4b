using Ltx.Inference.VideoVae;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Frames to latent and back: whole, tiled, and a still image.</summary>
internal sealed class VideoVaeCase : IParityCase
{
    public bool Handles(string name) => name == "vae";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using VideoEncoder encoder = VideoEncoder.Load(context.Checkpoint, context.Device, context.Type);
        using VideoDecoder decoder = VideoDecoder.Load(context.Checkpoint, context.Device, context.Type);
        // uint8 [3, F, H, W] -> [1, 3, F, H, W] in [-1, 1]
        Tensor video = golden.Tensor("in.video").to(ScalarType.Float32).div(127.5).sub(1).unsqueeze(0);
        Tensor frames = tensor(golden.Value<long[]>("frames"), device: context.Device);

        Tensor latent = encoder.Encode(video);
        report.Compare("out.latent", latent, golden.Tensor("out.latent"));
        report.Compare("out.decoded", decoder.Decode(latent).index_select(2, frames), golden.Tensor("out.decoded"));
        using (Tensor tiled = All(decoder.DecodeTiled(latent, Tiling(golden))))
        {
            report.Compare("out.decoded_tiled", tiled.index_select(2, frames), golden.Tensor("out.decoded_tiled"));
        }
        InPieces(golden, context, report, video, frames);
        Tensor image = encoder.Encode(video.narrow(2, 0, 1));
        report.Compare("out.image_latent", image, golden.Tensor("out.image_latent"));
        report.Compare("out.image_decoded", decoder.Decode(image), golden.Tensor("out.image_decoded"));
    }

    // The shortest pieces there are must give the same: eight frames into the encoder, one into every layer of the decoder.
    private static void InPieces(GoldenCase golden, ParityContext context, ParityReport report, Tensor video, Tensor frames)
    {
        VideoVaeOptions shortest = new(ChannelsLast: true, MaximumElements: 1);
        using VideoEncoder encoder = VideoEncoder.Load(context.Checkpoint, context.Device, context.Type, shortest);
        using VideoDecoder decoder = VideoDecoder.Load(context.Checkpoint, context.Device, context.Type, shortest);
        Tensor latent = encoder.Encode(video);
        report.Compare("out.latent (in pieces)", latent, golden.Tensor("out.latent"));
        using Tensor decoded = All(decoder.DecodePieces(latent));
        report.Compare("out.decoded (in pieces)", decoded.index_select(2, frames), golden.Tensor("out.decoded"));
    }

    // {"frames": [size, overlap], "height": ..., "width": ...}; an axis that is not named is not tiled.
    private static VideoTiling Tiling(GoldenCase golden)
    {
        Dictionary<string, int[]> tiles = golden.Value<Dictionary<string, int[]>>("tiles");
        AxisTiling Axis(string name) => tiles.TryGetValue(name, out int[]? axis) ? new AxisTiling(axis[0], axis[1]) : AxisTiling.None;
        return new VideoTiling(Axis("frames"), Axis("height"), Axis("width"));
    }

    private static Tensor All(IEnumerable<Tensor> chunks)
    {
        Tensor[] parts = [.. chunks];
        Tensor all = cat(parts, 2);
        foreach (Tensor part in parts) part.Dispose();
        return all;
    }
}
