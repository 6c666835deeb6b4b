using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>Model folders that cannot be used.</summary>
internal static class BadModels
{
    private const string Projection = "model.diffusion_model.proj_out.weight", Decoder = "vae.decoder.conv_in.conv.weight";

    public static IEnumerable<BadInput> All =>
    [
        new("model: missing", Users, "There is no model \"ltx-9\"", call => call.Model = "ltx-9"),
        new("model: a file", Users, "There is no model", call => call.Model = call.Video),
        new("model: a folder without model.json", Users, "is not a model folder: it has no model.json.", call => call.Model = call.Folder.Path),
        new("model.json: no JSON", Users, "is not valid JSON (line 2: ", call => call.Model = BrokenModel.Described(call.Folder, "{\n checkpoint: none }")),
        new("model.json: a list", Users, "is not a JSON object.", call => call.Model = BrokenModel.Described(call.Folder, "[]")),
        new("model.json: without a checkpoint", Users, "does not name its checkpoint.", call => call.Model = BrokenModel.Naming(call.Folder, "checkpoint", null)),
        new("model.json: a number for a path", Users, "\"upscaler\" must be a path.", call => call.Model = BrokenModel.Naming(call.Folder, "upscaler", 7)),
        new("model.json: prompt_expansion that is no truth value", Users, "\"prompt_expansion\" must be true or false.", call => call.Model = BrokenModel.Naming(call.Folder, "prompt_expansion", "maybe")),
        .. new[] { "checkpoint", "upscaler", "text_encoder", "distilled_lora", "inpaint_adapter" }.Select(part =>
            new BadInput($"model.json: names a {part} that is not there", Users, $"names \"none\" as its {part}, and ", call => call.Model = BrokenModel.Naming(call.Folder, part, "none"))),
        Bytes("checkpoint: no safetensors", BrokenModel.Checkpoint, "it is no safetensors file or a damaged one", _ => "PK zip archive of a pickle"u8.ToArray()),
        Bytes("checkpoint: empty", BrokenModel.Checkpoint, "is empty, or is not a regular file.", _ => []),
        Bytes("checkpoint: cut off", BrokenModel.Checkpoint, "the file may be incomplete", whole => whole[..(whole.Length / 2)]),
        Rewritten("checkpoint: without config", BrokenModel.Checkpoint, "is no LTX checkpoint: its metadata has no config.", file => file.Metadata("config", null)),
        Rewritten("checkpoint: config that is no JSON", BrokenModel.Checkpoint, "its config is not valid JSON (line 1: ", file => file.Metadata("config", "{'transformer'}")),
        Rewritten("checkpoint: config without the transformer", BrokenModel.Checkpoint, "config.transformer is missing.", file => file.Config(config => config.AsObject().Remove("transformer"))),
        Rewritten("checkpoint: another rotary embedding", BrokenModel.Checkpoint, "rope_type is \"spiral\", and only \"split\" and \"interleaved\" are built here.", file => file.Config(config => config["transformer"]!["rope_type"] = "spiral")),
        Rewritten("checkpoint: another video autoencoder", BrokenModel.Checkpoint, "config.vae", file => file.Config(config => config["vae"]!["_class_name"] = "AutoencoderKLMochi")),
        Rewritten("checkpoint: one layer more than it holds", BrokenModel.Checkpoint, "has no tensor \"model.diffusion_model.transformer_blocks.6.", file => file.Config(config => config["transformer"]!["num_layers"] = 7)),
        Rewritten("checkpoint: one layer less than it holds", BrokenModel.Checkpoint, "that its config has no place for", file => file.Config(config => config["transformer"]!["num_layers"] = 5)),
        Rewritten("checkpoint: heads that do not divide", BrokenModel.Checkpoint, "config", file => file.Config(config => config["transformer"]!["num_attention_heads"] = 0)),
        Rewritten("checkpoint: sizes of another model", BrokenModel.Checkpoint, "transformer: it gives 8 video heads and 4 audio heads", file => file.Config(config => config["transformer"]!["num_attention_heads"] = 8)),
        Rewritten("checkpoint: a missing tensor", BrokenModel.Checkpoint, $"has no tensor \"{Projection}\".", file => file.Rename(Projection, "elsewhere")),
        Rewritten("checkpoint: a tensor of another shape", BrokenModel.Checkpoint, $"tensor \"{Projection}\" is [192,32], and the config asks for [32,192].", file => file.Reshape(Projection, 192, 32)),
        Rewritten("checkpoint: video decoder missing", BrokenModel.Checkpoint, $"has no tensor \"{Decoder}\".", file => file.Rename(Decoder, "elsewhere")),
        Rewritten("checkpoint: the vocoder's part missing", BrokenModel.Checkpoint, "has no tensor \"vocoder.", file => RenameBelow(file, "vocoder.bwe_generator.")),
        Rewritten("checkpoint: NaN among the transformer's weights", BrokenModel.Checkpoint, $"tensor \"{Projection}\" holds numbers that are not finite", file => file.FillWithNaN(Projection)),
        Rewritten("checkpoint: NaN among the video decoder's weights", BrokenModel.Checkpoint, $"tensor \"{Decoder}\" holds numbers that are not finite", file => file.FillWithNaN(Decoder)),
        Rewritten("upscaler: a missing tensor", BrokenModel.Upscaler, "has no tensor \"final_conv.weight\".", file => file.Rename("final_conv.weight", "elsewhere")) with { IsOfTheModel = false },
        OfTheModel("upscaler: the checkpoint in its place", "part.safetensors", call => call.Model = BrokenModel.Naming(call.Folder, BrokenModel.Upscaler, call.Folder.Bytes("part.safetensors", File.ReadAllBytes(BrokenModel.Part(BrokenModel.Checkpoint))))),
        new("text encoder: a file in its place", Users, "as its text_encoder, and ", call => call.Model = BrokenModel.Naming(call.Folder, BrokenModel.TextEncoder, BrokenModel.Part(BrokenModel.Upscaler))),
        WithoutFile("tokenizer.json"),
        WithoutFile("config.json"),
        WithoutFile("model.safetensors.index.json", "must hold one safetensors file, or one index of several; it has 2 files and 0 indices."),
        WithoutFile("model-00002-of-00002.safetensors"),
        OfTheModel("text encoder: tokenizer.json that is no tokenizer", "tokenizer.json is not a tokenizer", call => call.Model = BrokenModel.TextEncoderChanged(call.Folder, folder => File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}"))),
        OfTheModel("text encoder: config.json that is cut off", "config is not valid JSON", call => call.Model = BrokenModel.TextEncoderChanged(call.Folder, folder => File.WriteAllText(Path.Combine(folder, "config.json"), "{\"text_config\": {"))),
        new("distilled LoRA: for another model", Users, "matches no layer of this model", call =>
        {
            string lora = call.Folder.Named("distilled.safetensors");
            SafetensorsRewriter.Of(("elsewhere.lora_A.weight", [4, 8]), ("elsewhere.lora_B.weight", [8, 4])).Write(lora);
            call.Model = BrokenModel.Naming(call.Folder, "distilled_lora", lora);
        }),
    ];

    // One of them, of the upscaler, goes the whole way of ltx inpaint.
    private static BadInput OfTheModel(string name, string says, Action<InpaintCall> arrange) => new(name, Users, says, arrange) { IsOfTheModel = true };

    private static BadInput Bytes(string name, string part, string says, Func<byte[], byte[]> change) =>
        OfTheModel(name, says, call => call.Model = BrokenModel.Replacing(call.Folder, part, change));

    private static BadInput Rewritten(string name, string part, string says, Action<SafetensorsRewriter> change) =>
        OfTheModel(name, says, call => call.Model = BrokenModel.Rewriting(call.Folder, part, change));

    private static BadInput WithoutFile(string file, string? says = null) =>
        OfTheModel($"text encoder: without {file}", says ?? file, call => call.Model = BrokenModel.TextEncoderChanged(call.Folder, folder => File.Delete(Path.Combine(folder, file))));

    private static void RenameBelow(SafetensorsRewriter file, string prefix)
    {
        foreach (string tensor in file.Tensors.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToList()) file.Rename(tensor, "elsewhere." + tensor);
    }
}
