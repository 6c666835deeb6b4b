using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>LoRAs that cannot be used. Those that the model has to be loaded for are LoraMergerTests and LoraSetTests, but for one of each way.</summary>
internal static class BadLoras
{
    private const string Layer = "diffusion_model.transformer_blocks.0.attn1.to_k", Down = Layer + ".lora_A.weight", Up = Layer + ".lora_B.weight";

    // The transformer's width in the miniature.
    private const int Width = 192;

    public static IEnumerable<BadInput> All =>
    [
        new("LoRA: missing", Users, "does not exist.", call => Lora(call, call.Folder.Named("none.safetensors"))),
        new("LoRA: a folder", Users, "cannot be read", call => Lora(call, call.Folder.Path)),
        new("LoRA: a pipe", Users, "is empty, or is not a regular file.", call => Lora(call, BadMedia.Pipe(call.Folder))),
        new("LoRA: an empty name", Users, "is not the path of a file.", call => Lora(call, "")),
        new("LoRA: a text file", Users, "it is no safetensors file or a damaged one", call => Lora(call, call.Folder.Text("lora.safetensors", "Not Found, says the server."))),
        new("LoRA: a file of four bytes", Users, "it is shorter than a safetensors header", call => Lora(call, call.Folder.Bytes("lora.safetensors", [1, 2, 3, 4]))),
        new("LoRA: cut off", Users, "the file may be incomplete", call => Lora(call, call.Folder.Bytes("lora.safetensors", File.ReadAllBytes(Repository.MagentaLora).AsSpan(..^1000)))),
        Changed("LoRA: for another model", "was made for another model", SafetensorsRewriter.Of((Down, [4, 4096]), (Up, [4096, 4]))),
        new("LoRA: is a checkpoint", Users, "is no LoRA", call => Lora(call, Path.Combine(Repository.Model, "ltx-2.3-miniature.safetensors"))),
        Changed("LoRA: DoRA", "is DoRA", SafetensorsRewriter.Of((Down, [4, Width]), (Up, [Width, 4]), (Layer + ".dora_scale", [Width, 1]))),
        Changed("LoRA: one half is missing", "has only one half of the module", SafetensorsRewriter.Of((Down, [4, Width]))),
        Changed("LoRA: halves of different rank", "do not fit", SafetensorsRewriter.Of((Down, [4, Width]), (Up, [Width, 8]))),
        Changed("LoRA: NaN among its weights", "The LoRA lora.safetensors holds numbers that are not finite", SafetensorsRewriter.Of((Down, [4, Width]), (Up, [Width, 4])).FillWithNaN(Up)),
        Changed("LoRA: a reference factor that is none", "which is no factor.", SafetensorsRewriter.Of((Down, [4, Width]), (Up, [Width, 4])).Metadata("reference_downscale_factor", "two")),
        new("LoRA: four of them, said before the model is looked at", Users, "4 LoRAs were given, and at most 3 can be used at once.", call =>
        {
            call.Model = BrokenModel.Described(call.Folder, "[]");
            for (int i = 0; i < 4; i++) Lora(call, Repository.MagentaLora);
        }),
        new("LoRA: scale that is no number", Users, "after the file comes its scale, a number", call => Lora(call, Repository.MagentaLora + ":strong")),
        new("LoRA: scale that is infinite", Users, "has the scale", call => Lora(call, Repository.MagentaLora + ":1e999")),
        new("LoRA: stage that is none", Users, "both, stage_1 or stage_2", call => Lora(call, Repository.MagentaLora + ":1:stage_3")),
        new("LoRA: stage without scale", Users, "after the file comes its scale, a number", call => Lora(call, Repository.MagentaLora + "::stage_1")),
        Raw("LoRA: header of 2^63 bytes", "more than the format allows", "{}", length: 1UL << 63),
        Raw("LoRA: header of 2^64-1 bytes", "more than the format allows", "{}", length: ulong.MaxValue),
        Raw("LoRA: header longer than the file", "it ends inside its header", "{}", length: 1000),
        Raw("LoRA: header that is no JSON", "its header is not valid JSON (line 1: ", "{\"a\": nothing}"),
        Raw("LoRA: header in which a key comes twice", "it has the tensor \"a\" twice", $"{{{Entry("a", 0, 4)},{Entry("a", 4, 8)}}}"),
        Raw("LoRA: tensors that overlap", "overlaps another one", $"{{{Entry("a", 0, 8)},{Entry("b", 4, 8)}}}"),
        Raw("LoRA: a tensor beyond the file's end", "lies outside the file", $"{{{Entry("a", 0, 1000)}}}"),
        Raw("LoRA: sizes whose product overflows", "does not fill its", "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}"),
        Raw("LoRA: sizes below zero", "has a size or an offset that is none", "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-2],\"data_offsets\":[0,8]}}"),
    ];

    private static void Lora(InpaintCall call, string text) => call.With("--lora", text);

    private static BadInput Changed(string name, string says, SafetensorsRewriter file) => new(name, Users, says, call =>
    {
        string path = call.Folder.Named("lora.safetensors");
        file.Write(path);
        Lora(call, path);
    });

    private static BadInput Raw(string name, string says, string header, ulong? length = null) => new(name, Users, says, call =>
    {
        string path = call.Folder.Named("lora.safetensors");
        SafetensorsRewriter.WriteRaw(path, length ?? (ulong)header.Length, header, new byte[8]);
        Lora(call, path);
    });

    private static string Entry(string name, int begin, int end) => $"\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{(end - begin) / 4}],\"data_offsets\":[{begin},{end}]}}";
}
