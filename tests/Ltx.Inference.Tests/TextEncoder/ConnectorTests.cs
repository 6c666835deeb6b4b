using System.Text;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.TextEncoder;

public class ConnectorTests
{
    [Fact]
    public void Padding_on_either_side_gives_the_same_context_whatever_it_holds()
    {
        using ModelParts parts = new();
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        ConnectorConfig config = ConnectorConfig.Video(parts.Checkpoint.Config.Section("transformer"));
        using EmbeddingsConnector connector = new(parts.Checkpoint, "model.diffusion_model.video_embeddings_connector.", config, CPU, ScalarType.Float32);
        const int Tokens = 5;
        int padding = 2 * config.Registers - Tokens;
        Tensor features = Seeded.Normal(1, [1, Tokens, config.Features]), mask = ones(1, Tokens, ScalarType.Int64), none = zeros(1, padding, ScalarType.Int64);
        Tensor left = connector.Forward(cat([Seeded.Normal(2, [1, padding, config.Features]), features], 1), cat([none, mask], 1));
        Tensor right = connector.Forward(cat([features, Seeded.Normal(3, [1, padding, config.Features])], 1), cat([mask, none], 1));
        Assert.True(left.equal(right).all().item<bool>());
        Assert.Throws<WeightsException>(() => connector.Forward(features, mask));
    }

    [Fact]
    public void Another_kind_of_caption_projection_is_refused()
    {
        using ModelParts parts = new();
        byte[] bytes = File.ReadAllBytes(parts.Model.Checkpoint);
        // Inside the header's config, which is JSON in a JSON string; the length must stay.
        int at = bytes.AsSpan().IndexOf("caption_projection_first_linear\\\": false"u8);
        Assert.True(at > 0);
        Encoding.ASCII.GetBytes("caption_projection_first_linear\\\":  true").CopyTo(bytes, at);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, bytes);
            using Checkpoint other = Checkpoint.Open(file);
            Assert.Contains("caption_projection_first_linear", Assert.Throws<WeightsException>(() => new FeatureExtractor(other, 48, 8, CPU, ScalarType.Float32)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
