using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Each field that is to steer the picture does, alone, and those that are to do nothing do nothing.</summary>
[Collection(MatrixTests.Name)]
public sealed class FieldChangeTests(RealServer real, ITestOutputHelper output)
{
    // A pixel here and there may come from the encoder; the fields change nearly all of them.
    private const double LeastShare = 0.2;

    private static readonly Dictionary<string, (string Field, object? Value)> Plain = new[] { ("video_strength", (object?)0.5), ("num_inference_steps", 9), ("guidance_scale", 3), ("seed", 1235), ("prompt", "a blue square") }
        .ToDictionary(change => change.Item1);

    public static TheoryData<string> Names => [.. Plain.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_field_alone_changes_what_is_inside_the_mask(string field) => await DifferAsync(await real.PlainAsync(), await real.RunAsync(Plain[field]));

    [Fact]
    public async Task The_negative_prompt_counts_with_guidance_and_only_then()
    {
        (string, object?) other = ("negative_prompt", "a green triangle"), guided = ("guidance_scale", 3);
        await DifferAsync(await real.RunAsync(guided), await real.RunAsync(guided, other));
        await AreSameAsync(await real.PlainAsync(), await real.RunAsync(other));
    }

    [Fact]
    public async Task Scale_and_transformer_of_a_LoRA_each_count_and_a_scale_of_0_is_no_LoRA()
    {
        MadeClip full = await real.RunAsync(Lora(1, "both"));
        await DifferAsync(await real.PlainAsync(), full);
        await DifferAsync(full, await real.RunAsync(Lora(0.5, "both")));
        MadeClip first = await real.RunAsync(Lora(1, "stage_1")), second = await real.RunAsync(Lora(1, "stage_2"));
        await DifferAsync(full, first);
        await DifferAsync(full, second);
        await DifferAsync(first, second);
        await AreSameAsync(await real.PlainAsync(), await real.RunAsync(Lora(0, "both")));
    }

    private async Task DifferAsync(MadeClip one, MadeClip other)
    {
        (long differ, long all) = await MadeClip.DifferInsideAsync(one, other, real.Clips.Mask);
        output.WriteLine($"{differ} of {all} pixels inside the mask differ");
        Assert.True(differ > LeastShare * all, $"{differ} of {all} pixels inside the mask differ.");
    }

    private static async Task AreSameAsync(MadeClip one, MadeClip other)
    {
        List<byte[]> before = await one.FramesAsync(), after = await other.FramesAsync();
        Assert.Equal(before.Count, after.Count);
        // Not by Assert.Equal: its message would hold the frames.
        Assert.All(before.Zip(after), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second), "The frames differ."));
    }

    private static (string, object?) Lora(double scale, string transformer) => ("loras", new[] { new { path = RealServer.Url(Repository.MagentaLora), scale, transformer } });
}
