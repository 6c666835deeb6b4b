using System.Text.Json.Nodes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;
using Ltx.Parity;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.TextEncoder.Vision;

[Collection(Alone.Name)]
[Trait(RecordedNumbers.Trait, RecordedNumbers.Compared)]
public class ImageEncoderTests
{
    // Of float32 on the CPU, as for the other goldens.
    private const double Tolerance = CaseTolerance.Layers;

    [Theory]
    [InlineData("wide")]
    [InlineData("small")]
    public void A_picture_becomes_the_tokens_that_an_independent_computation_makes_of_it(string name)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        using VisionGolden golden = new(name);
        VisionConfig config = VisionConfig.Read(JsonFile.Read(Path.Combine(GemmaFolder.Golden, "config.json")));
        ImagePreprocessor preprocessor = ImagePreprocessor.Read(GemmaFolder.Golden, config);

        // To the last level as Pillow does it.
        Assert.Equal(golden["resized"].data<byte>().ToArray(), preprocessor.Resize(golden.Picture)[0].permute(1, 2, 0).contiguous().to(ScalarType.Byte).data<byte>().ToArray());
        Assert.InRange(VisionGolden.Error(preprocessor.Prepare(golden.Picture)[0], golden["pixels"]), 0, 1e-6);

        using ComponentWeights weights = new(TensorArchive.OpenIndex(Path.Combine(GemmaFolder.Golden, "model.safetensors.index.json")), "vision_tower.vision_model.", CPU, ScalarType.Float32);
        VisionTower tower = new(weights.Root, config);
        weights.Complete();
        Assert.InRange(VisionGolden.Error(tower.Forward(golden["pixels"].unsqueeze(0))[0], golden["states"]), 0, Tolerance);

        using ImageEncoder encoder = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.Float32), half = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.BFloat16);
        Assert.InRange(VisionGolden.Error(encoder.Encode(golden.Picture)[0], golden["features"]), 0, Tolerance);
        Assert.InRange(VisionGolden.Error(half.Encode(golden.Picture)[0], golden["features"]), 0, 3e-2);
    }

    [Theory]
    [InlineData("wide", "")]
    [InlineData("small", "")]
    [InlineData("wide", "short_")]
    [InlineData("small", "short_")]
    public void What_follows_a_text_with_a_picture_is_what_an_independent_computation_says(string name, string text)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        using VisionGolden golden = new(name);
        using GemmaEncoder model = new(GemmaFolder.ModelOf(GemmaFolder.Golden), CPU, ScalarType.Float32);
        Tensor ids = golden[$"{text}ids"], expected = golden[$"{text}logits"].unsqueeze(0);
        ImageSpan image = new(ids.data<long>().ToArray().AsSpan().IndexOf(694), golden["features"].unsqueeze(0));
        Assert.InRange(VisionGolden.Error(model.NextLogits(ids.unsqueeze(0), null, image), expected), 0, Tolerance);
        using KeyValueCache cache = new(model.Config);
        Assert.InRange(VisionGolden.Error(model.NextLogits(ids.unsqueeze(0), cache, image), expected), 0, Tolerance);
        // Without the picture, with another one, and with one that is read in order, it is something else.
        Assert.InRange(VisionGolden.Error(model.NextLogits(ids.unsqueeze(0), null), expected), 10 * Tolerance, 10);
        Assert.InRange(VisionGolden.Error(model.NextLogits(ids.unsqueeze(0), null, image with { Embeddings = image.Embeddings.flip(1) }), expected), 10 * Tolerance, 10);
    }

    [Fact]
    public void A_pictures_tokens_see_each_other_and_nothing_else_that_comes_later()
    {
        using var scope = NewDisposeScope();
        ImageSpan image = new(2, zeros(1, 3, 1));
        VisibleKeys all = VisibleKeys.Causal(ones(1, 7, ScalarType.Bool), null, image), near = VisibleKeys.Causal(ones(1, 7, ScalarType.Bool), 2, image);
        Assert.Equal(["1......", "11.....", "11111..", "11111..", "11111..", "111111.", "1111111"], Rows(all.Allowed));
        Assert.Equal(["1......", "11.....", ".1111..", "..111..", "..111..", "....11.", ".....11"], Rows(near.Allowed));
    }

    [Fact]
    public void Halving_weighs_four_pixels_and_doubling_two()
    {
        using var scope = NewDisposeScope();
        VisionConfig config = VisionConfig.Read(JsonFile.Read(Path.Combine(GemmaFolder.Golden, "config.json")));
        ImagePreprocessor preprocessor = ImagePreprocessor.Read(GemmaFolder.Golden, config);
        int side = config.ImageSize;
        // An edge in the middle of a row twice as long: the four inputs of an output count 1, 3, 3 and 1 eighths, and at the edge so do both sides.
        float[] halved = Row(preprocessor, 2 * side, x => x < side ? 0 : 200), doubled = Row(preprocessor, side / 2, x => x < side / 4 ? 0 : 200);
        Assert.Equal([0, 25, 175, 200], halved[(side / 2 - 2)..(side / 2 + 2)]);
        Assert.Equal([0, 50, 150, 200], doubled[(side / 2 - 2)..(side / 2 + 2)]);
        float[] same = Row(preprocessor, side, x => x);
        Assert.Equal(Enumerable.Range(0, side).Select(x => (float)x), same);
        Assert.Contains("not 4x4", Assert.Throws<InferenceException>(() => preprocessor.Prepare(new Picture(new byte[47], 4, 4))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gemma_answers_about_a_picture_with_and_without_a_cache_the_same_and_leaves_nothing_behind()
    {
        using ModelParts parts = new();
        using VisionGolden golden = new("wide");
        GenerationSettings settings = new(Sample: true, Temperature: 1.5, MaxTokens: 12, Seed: 5);
        long before = LiveTensors.Before();
        using (PromptEncoder encoder = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32, sees: true))
        {
            Assert.True(encoder.Sees);
            // Whoever writes the token's own name into a prompt does not move the picture.
            string user = $"a red ball {ChatTemplate.ImageToken}";
            ChatAnswer answer = encoder.Answer("Be brief.", user, settings, CancellationToken.None, golden.Picture);
            long answered = Tensor.TotalCount;
            Assert.Equal(answer, encoder.Answer("Be brief.", user, settings, CancellationToken.None, golden.Picture));
            Assert.Equal(answered, Tensor.TotalCount);

            using var gradients = no_grad();
            using var scope = NewDisposeScope();
            IReadOnlyList<int> chat = encoder.Tokenizer.Encode(ChatTemplate.Render("Be brief.", user, 4), addBos: false);
            ImageSpan image = new(chat.ToList().IndexOf(694), encoder.Eyes!.Encode(golden.Picture));
            GenerationConfig config = GenerationConfig.Read(GemmaFolder.Golden) with { StopTokens = new HashSet<int>() };
            GemmaGenerator generator = new(encoder.Gemma, config);
            IReadOnlyList<int> cached = generator.Generate(chat, settings, CancellationToken.None, image: image);
            Assert.Equal(generator.Generate(chat, settings, CancellationToken.None, cached: false, image), cached);
            Assert.NotEqual(generator.Generate(chat, settings, CancellationToken.None, image: image with { Embeddings = -image.Embeddings }), cached);
        }
        Assert.Equal(before, Tensor.TotalCount);
        using PromptEncoder blind = new(parts.Model, parts.Checkpoint, CPU, ScalarType.Float32);
        Assert.False(blind.Sees);
        Assert.Throws<InvalidOperationException>(() => blind.Answer("", "", settings, CancellationToken.None, golden.Picture));
    }

    [Theory]
    [InlineData("model.vision_tower.vision_model.", "model.multi_modal_projector.")]
    [InlineData("model.vision_tower.", "model.multi_modal_projector.")]
    [InlineData("vision_model.", "multi_modal_projector.")]
    public void The_tower_is_found_under_each_of_its_names(string tower, string projector)
    {
        using GemmaFolder folder = new();
        folder.WriteOneFile(name => name.Replace("vision_tower.vision_model.", tower, StringComparison.Ordinal).Replace("multi_modal_projector.", projector, StringComparison.Ordinal));
        using VisionGolden golden = new("small");
        using ImageEncoder renamed = new(GemmaFolder.ModelOf(folder.Path), CPU, ScalarType.Float32);
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        Assert.InRange(VisionGolden.Error(renamed.Encode(golden.Picture)[0], golden["features"]), 0, Tolerance);
    }

    [Fact]
    public void A_model_that_cannot_see_or_sees_otherwise_is_refused_with_what_is_missing()
    {
        const string Name = "vision_tower.vision_model.encoder.layers.1.mlp.fc1.bias";
        long before = LiveTensors.Before();
        Refused(folder => folder.ChangeConfig(config => config.Remove("vision_config")), "no vision tower");
        Refused(folder => File.Delete(Path.Combine(folder.Path, ImagePreprocessor.FileName)), "preprocessor_config.json");
        Refused(folder => folder.WriteOneFile(name => name.StartsWith("vision_tower.", StringComparison.Ordinal) ? null : name), "post_layernorm.weight");
        Refused(folder => folder.WriteOneFile(name => name.StartsWith("multi_modal", StringComparison.Ordinal) ? null : name), "mm_soft_emb_norm.weight");
        Refused(folder => folder.WriteOneFile(name => name == Name ? null : name), Name);
        Refused(folder => folder.WriteOneFile(name => name == Name ? "vision_tower.vision_model.head.bias" : name), Name);
        Refused(folder => folder.ChangeConfig(config => config["vision_config"]!["num_hidden_layers"] = 1), "layers.1.");
        Refused(folder => folder.ChangeConfig(config => config["vision_config"]!["intermediate_size"] = 65), "[64,32]");
        Refused(folder => folder.ChangeConfig(config => config["vision_config"]!["hidden_act"] = "gelu"), "hidden_act");
        Refused(folder => folder.ChangeConfig(config => config["vision_config"]!["patch_size"] = 15), "patches of 15");
        Refused(folder => folder.ChangeConfig(config => config["vision_config"]!["num_attention_heads"] = 5), "5 heads");
        Refused(folder => folder.ChangeConfig(config => config["mm_tokens_per_image"] = 9), "9 tokens");
        Refused(folder => ChangePreprocessor(folder, config => config["do_pan_and_scan"] = true), "do_pan_and_scan");
        Refused(folder => ChangePreprocessor(folder, config => config["resample"] = 3), "resample");
        Refused(folder => ChangePreprocessor(folder, config => config["size"]!["width"] = 28), "width");
        Refused(folder => ChangePreprocessor(folder, config => config["image_mean"] = new JsonArray(0.5)), "image_mean");
        Refused(folder => ChangePreprocessor(folder, config => config["image_std"] = new JsonArray(0.5, 0, 0.5)), "image_std");
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static void ChangePreprocessor(GemmaFolder folder, Action<JsonObject> change)
    {
        string file = Path.Combine(folder.Path, ImagePreprocessor.FileName);
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    private static void Refused(Action<GemmaFolder> damage, string named)
    {
        using GemmaFolder folder = new();
        damage(folder);
        Assert.Contains(named, Assert.Throws<WeightsException>(() => new ImageEncoder(GemmaFolder.ModelOf(folder.Path), CPU, ScalarType.Float32).Dispose()).Message, StringComparison.Ordinal);
    }

    // A middle row of a picture whose columns have one grey each.
    private static float[] Row(ImagePreprocessor preprocessor, int width, Func<int, int> grey)
    {
        using var scope = NewDisposeScope();
        byte[] pixels = [.. Enumerable.Range(0, 20).SelectMany(_ => Enumerable.Range(0, width).SelectMany(x => Enumerable.Repeat((byte)grey(x), 3)))];
        return preprocessor.Resize(new Picture(pixels, width, 20))[0, 1, 30].data<float>().ToArray();
    }

    private static string[] Rows(Tensor allowed)
    {
        bool[] cells = allowed.contiguous().data<bool>().ToArray();
        int side = (int)allowed.shape[^1];
        return [.. cells.Chunk(side).Select(row => string.Concat(row.Select(cell => cell ? '1' : '.')))];
    }
}
