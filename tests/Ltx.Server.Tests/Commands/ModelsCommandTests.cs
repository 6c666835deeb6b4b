using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx models verify`, `inspect`, `synth` and `list` as a person calls them.</summary>
public sealed class ModelsCommandTests : IDisposable
{
    private const string Projection = "model.diffusion_model.patchify_proj.weight", Table = "model.diffusion_model.scale_shift_table";

    // What is wrong, and what is said of it; {0} is the file.
    private static readonly Dictionary<string, (Action<SafetensorsRewriter> Change, string[] Sentences)> Broken = new()
    {
        ["a tensor missing"] = (file => file.Rename(Projection, "elsewhere"), [$"{{0}} lacks the tensor \"{Projection}\" ([192,32]).", "{0} has a tensor that its config has no place for: \"elsewhere\"."]),
        ["another shape"] = (file => file.Reshape(Projection, 32, 192), [$"{{0}} has a tensor of another shape: \"{Projection}\" is [32,192], and its config asks for [192,32]."]),
        ["another type"] = (file => file.Entry(Projection, "dtype", "I16"), [$"{{0}} has a tensor of a type that cannot be used: \"{Projection}\" is Int16, and BFloat16 in the published file."]),
        ["an unknown type"] = (file => file.Entry(Projection, "dtype", "F4"), [$"{{0}} cannot be used: tensor \"{Projection}\" has the unknown type \"F4\"."]),
        ["too few bytes for the shape"] = (file => file.Entry(Table, "data_offsets", new JsonArray(512, 2044)), [$"{{0}} cannot be used: tensor \"{Table}\" of F32[2,192] does not fill its 1532 bytes."]),
        ["bytes of another tensor"] = (file => file.Entry(Table, "data_offsets", new JsonArray(508, 2044)), [$"{{0}} cannot be used: tensor \"{Table}\" overlaps another one."]),
        ["one layer more in the config"] = (file => file.Config(config => config["transformer"]!["num_layers"] = 7), ["{0} lacks 86 tensors, the first is \"model.diffusion_model.transformer_blocks.6.attn1.to_q.weight\" ([192,192])."]),
        ["one layer less in the config"] = (file => file.Config(config => config["transformer"]!["num_layers"] = 5), ["{0} has 86 tensors that its config has no place for, the first is \"model.diffusion_model.transformer_blocks.5.attn1.k_norm.weight\"."]),
        ["another architecture"] = (file => file.Config(config => config["transformer"]!["qk_norm"] = "layer_norm"), ["{0}: config.transformer.qk_norm is layer_norm, and only rms_norm is built here."]),
        ["a key missing in the config"] = (file => file.Config(config => config["transformer"]!.AsObject().Remove("av_ca_timestep_scale_multiplier")), ["{0}: config.transformer.av_ca_timestep_scale_multiplier is missing."]),
        ["no config"] = (file => file.Metadata("config", null), ["{0} is no LTX checkpoint: its metadata has no config."]),
    };

    private readonly TestFolder folder = new();

    public static TheoryData<string> BrokenCheckpoints => [.. Broken.Keys];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_miniature_is_sound()
    {
        LtxRun run = (await Models("verify", "miniature")).Succeeded();

        Assert.Equal(
            [
                "ok     checkpoint       ltx-2.3-miniature.safetensors: 2011 tensors, 0.03 GB, version 2.3.0",
                "ok     upscaler         ltx-2.3-miniature-spatial-upscaler-x2.safetensors: 40 tensors, 0.00 GB",
                "ok     text_encoder     gemma-tiny: 132 tensors in 2 files, 0.00 GB, 7 layers of 48, 826 tokens, with a vision tower",
                "-      hashes           not known: models.lock.json is written by `ltx models pull`",
            ],
            Lines(run));
    }

    [Fact]
    public async Task A_synthetic_model_is_made_verified_inspected_and_broken()
    {
        string model = folder.Named("model"), checkpoint = Path.Combine(model, "ltx-2.3-tiny.safetensors");
        LtxRun synth = (await Models("synth", "--preset", "tiny", "--layers", "2", "--gemma-layers", "2", "--out", model)).Succeeded();
        Assert.Matches($@"^{Regex.Escape(model)}: \d+\.\d MB in \d+\.\d s$", Lines(synth)[^1]);

        LtxRun verify = (await Models("verify", model)).Succeeded();
        Assert.Equal(
            ["ok     checkpoint       ltx-2.3-tiny.safetensors: 1667 tensors, 0.03 GB, version 2.3.0", "ok     distilled_lora   ltx-2.3-tiny-distilled-lora.safetensors: 96 modules of rank 4 (12), 16 (84)"],
            Lines(verify).Where(line => line.Contains("checkpoint", StringComparison.Ordinal) || line.Contains("distilled", StringComparison.Ordinal)));

        LtxRun inspect = (await Models("inspect", checkpoint)).Succeeded();
        Assert.StartsWith($"{checkpoint}: LTX checkpoint, ", Lines(inspect)[0], StringComparison.Ordinal);
        Assert.Contains("  model_version: 2.3.0", Lines(inspect));
        Assert.Matches(@"(?m)^transformer +230 +\d[\d,]+ +\d+\.\d MB +BF16 \(216\), F32 \(14\)$", inspect.Output);
        Assert.Matches(@"(?m)^model\.diffusion_model\.transformer_blocks\.\{0-1\}\.attn1\.to_q\.weight +BF16 +\[192, 192\] +2 +147\.5 kB$", inspect.Output);
        LtxRun all = (await Models("inspect", checkpoint, "--all")).Succeeded();
        Assert.Matches(@"(?m)^model\.diffusion_model\.transformer_blocks\.1\.attn1\.to_q\.weight +BF16 +\[192, 192\] +1 +73\.7 kB$", all.Output);

        byte[] bytes = await File.ReadAllBytesAsync(checkpoint);
        await File.WriteAllBytesAsync(checkpoint, bytes[..^1000]);
        LtxRun cut = await Models("verify", model);
        Assert.Equal(2, cut.ExitCode);
        Assert.Matches($@"(?m)^ +{Regex.Escape(checkpoint)} cannot be used: tensor "".+"" lies outside the file \(bytes \d+ to \d+ of \d+\); the file may be incomplete\.$", cut.Output);
        Assert.Equal($"ltx: {model} has a fault.", cut.Complaints[^1]);
        LtxRun cutInspect = await Models("inspect", checkpoint);
        Assert.Equal(2, cutInspect.ExitCode);
        Assert.Matches("lies outside the file", cutInspect.Error);
    }

    [Theory]
    [MemberData(nameof(BrokenCheckpoints))]
    public async Task A_broken_checkpoint_is_named_exactly(string name) =>
        await AssertFaultsAsync(BrokenModel.Rewriting(folder, BrokenModel.Checkpoint, Broken[name].Change), Broken[name].Sentences);

    [Fact]
    public async Task Float8_weights_without_their_scale_are_named_exactly()
    {
        string model = folder.Named("float8"), checkpoint = Path.Combine(model, "ltx-2.3-tiny.safetensors");
        (await Models("synth", "--preset", "tiny", "--layers", "2", "--fp8-blocks", "1", "--out", model)).Succeeded();
        Assert.Matches(@"(?m)^transformer +298 +\d[\d,]+ +\d+\.\d MB +BF16 \(182\), F32 \(82\), F8_E4M3 \(34\)$", (await Models("inspect", checkpoint)).Output);
        (await Models("verify", model)).Succeeded();
        SafetensorsRewriter file = SafetensorsRewriter.Open(checkpoint);
        file.Rename("model.diffusion_model.transformer_blocks.0.attn1.to_q.weight_scale", "elsewhere").Write(checkpoint);

        await AssertFaultsAsync(
            model,
            [
                "{0} has a tensor of a type that cannot be used: \"model.diffusion_model.transformer_blocks.0.attn1.to_q.weight\" is in float8 and has no \"model.diffusion_model.transformer_blocks.0.attn1.to_q.weight_scale\".",
                "{0} has a tensor that its config has no place for: \"elsewhere\".",
            ],
            checkpoint);
    }

    [Fact]
    public async Task A_broken_text_encoder_is_named_beside_what_depends_on_it()
    {
        string model = BrokenModel.TextEncoderChanged(folder, copy => File.Delete(Path.Combine(copy, "model-00002-of-00002.safetensors")));
        string shard = folder.Named("text-encoder/model-00002-of-00002.safetensors");

        await AssertFaultsAsync(model, [$"{shard} does not exist."]);
    }

    [Fact]
    public async Task A_loras_inspection_says_what_it_would_change()
    {
        LtxRun run = (await Models("inspect", Repository.MagentaLora)).Succeeded();

        Assert.Equal(
            ["54 modules of rank 4", "lora_A.weight and lora_B.weight, names begin with \"diffusion_model.\", as the publisher's trainer writes them", "says nothing about a reference", $"of the model {Repository.Model}: 54 of 54 modules match a layer"],
            Lines(run)[^4..]);
    }

    [Fact]
    public async Task A_lora_of_other_layers_is_said_to_be_one()
    {
        string lora = folder.Named("other.safetensors");
        SafetensorsRewriter.Of(("lora_unet_elsewhere.lora_down.weight", [4, 8]), ("lora_unet_elsewhere.lora_up.weight", [8, 4]), ("lora_unet_elsewhere.alpha", [1])).Write(lora);

        LtxRun run = (await Models("inspect", lora)).Succeeded();

        Assert.Equal(["1 modules of rank 4, with alpha", "lora_down.weight and lora_up.weight, names begin with \"lora_unet_\", flattened, as kohya's scripts write them", "says nothing about a reference", $"of the model {Repository.Model}: 0 of 1 modules match a layer; the first that does not is \"lora_unet_elsewhere\""], Lines(run)[^4..]);
    }

    [Fact]
    public async Task The_list_names_what_is_here_and_what_can_be_pulled()
    {
        LtxRun run = (await Models("list")).Succeeded();

        Assert.Matches(@"(?m)^miniature +here +36\.\d MB$", run.Output);
        Assert.Matches(@"(?m)^ltx-2\.3 +.+LTX-2\.x community licence, Gemma terms of use\)$", run.Output);
    }

    [Fact]
    public async Task A_model_that_was_not_pulled_is_not_removed()
    {
        string own = folder.Folder("own");
        LtxRun run = await Models("rm", own, "--yes");

        Assert.Equal(2, run.ExitCode);
        Assert.Equal([$"ltx: {own} was not pulled; what is in it is yours to remove."], run.Complaints);
        Assert.True(Directory.Exists(own));
    }

    [Theory]
    [InlineData("There is no preset \"none\"; ", "synth", "--preset", "none", "--out", "x")]
    [InlineData("There is no model \"none\": neither a folder of that name, nor ", "verify", "none")]
    [InlineData("The model \"ltx-2.3-fp8\" is not here yet: `ltx models pull ltx-2.3-fp8` gets it.", "verify", "ltx-2.3-fp8")]
    [InlineData("There is no model \"none\" here.", "rm", "none")]
    [InlineData("There is no model \"none\" to pull; there are: ltx-2.3, ltx-2.3-fp8.", "pull", "none")]
    [InlineData("A model has at least one layer", "synth", "--preset", "tiny", "--layers", "0", "--out", "x")]
    public async Task What_cannot_be_is_one_sentence_and_exit_code_2(string sentence, params string[] arguments)
    {
        LtxRun run = await Models(arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"ltx: {sentence}", Assert.Single(run.Complaints), StringComparison.Ordinal);
    }

    private static Task<LtxRun> Models(params string[] arguments) => LtxInProcess.RunAsync(["models", .. arguments]);

    private static string[] Lines(LtxRun run) => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // The sentences, each on a line of its own below the part that is wrong, and nothing else that is wrong.
    private async Task AssertFaultsAsync(string model, string[] sentences, string? file = null)
    {
        LtxRun run = await Models("verify", model);

        Assert.Equal(2, run.ExitCode);
        string[] faults = [.. Lines(run).Where(line => line.StartsWith("      ", StringComparison.Ordinal)).Select(line => line.Trim())];
        // What could not be read cannot be held against what is sound.
        Assert.Equal(sentences.Select(sentence => sentence.Replace("{0}", file ?? folder.Named("part.safetensors"), StringComparison.Ordinal)), faults.Where(fault => !fault.Contains("cannot be held against", StringComparison.Ordinal)));
        Assert.Equal(faults.Length == 1 ? $"ltx: {model} has a fault." : $"ltx: {model} has {faults.Length} faults.", run.Complaints[^1]);
    }
}
