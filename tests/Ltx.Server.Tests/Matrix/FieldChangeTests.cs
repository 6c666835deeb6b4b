using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Matrix;

/// <summary>
/// Each field that is to steer the picture reaches the engine, alone, and those that are to do nothing do nothing, to the finished file's
/// last byte. How much a field changes, and where, is the engine's (PipelineRequestTests).
/// </summary>
[Collection(MatrixTests.Name)]
public sealed class FieldChangeTests(RealServer real)
{
    private static readonly Dictionary<string, (string Field, object? Value)> Plain = new[] { ("video_strength", (object?)0.5), ("num_inference_steps", 9), ("guidance_scale", 3), ("seed", 1235), ("prompt", "a blue square") }
        .ToDictionary(change => change.Item1);

    public static TheoryData<string> Names => [.. Plain.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_field_alone_makes_another_clip(string field) => Assert.NotEqual(await BytesAsync(), await BytesAsync(Plain[field]));

    [Fact]
    public async Task The_negative_prompt_counts_with_guidance_and_only_then()
    {
        (string, object?) other = ("negative_prompt", "a green triangle"), guided = ("guidance_scale", 3);
        Assert.NotEqual(await BytesAsync(guided), await BytesAsync(guided, other));
        Assert.Equal(await BytesAsync(), await BytesAsync(other));
    }

    [Fact]
    public async Task Scale_and_transformer_of_a_LoRA_each_count_and_a_scale_of_0_is_no_LoRA()
    {
        byte[][] all = [await BytesAsync(), await BytesAsync(Lora(1, "both")), await BytesAsync(Lora(0.5, "both")), await BytesAsync(Lora(1, "stage_1")), await BytesAsync(Lora(1, "stage_2"))];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(all[0], await BytesAsync(Lora(0, "both")));
    }

    private async Task<byte[]> BytesAsync(params (string, object?)[] changes) => await File.ReadAllBytesAsync((await real.RunAsync(changes)).File, TestContext.Current.CancellationToken);

    private static (string, object?) Lora(double scale, string transformer) => ("loras", new[] { new { path = RealServer.Url(Repository.MagentaLora), scale, transformer } });
}
