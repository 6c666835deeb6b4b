using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Server.Commands;

namespace Ltx.Server.Tests.Commands;

[Fast]
public sealed class LoraChoiceTextTests
{
    [Theory]
    [InlineData("a.safetensors", "a.safetensors", 1, "Both")]
    [InlineData("a.safetensors:0.5", "a.safetensors", 0.5, "Both")]
    [InlineData("a.safetensors:-1.5", "a.safetensors", -1.5, "Both")]
    [InlineData("a.safetensors:1e-1", "a.safetensors", 0.1, "Both")]
    [InlineData("a.safetensors:2:both", "a.safetensors", 2, "Both")]
    [InlineData("a.safetensors:0.5:stage_1", "a.safetensors", 0.5, "Stage1")]
    [InlineData("a.safetensors:0.5:stage_2", "a.safetensors", 0.5, "Stage2")]
    [InlineData(@"C:\loras\a.safetensors", @"C:\loras\a.safetensors", 1, "Both")]
    [InlineData(@"C:\loras\a.safetensors:0.5:stage_2", @"C:\loras\a.safetensors", 0.5, "Stage2")]
    [InlineData("/loras/12:30/a.safetensors", "/loras/12:30/a.safetensors", 1, "Both")]
    [InlineData("/loras/12:30/a.safetensors:0.25", "/loras/12:30/a.safetensors", 0.25, "Both")]
    [InlineData("/loras/a:b.safetensors:3:stage_1", "/loras/a:b.safetensors", 3, "Stage1")]
    public void The_parts_are_taken_from_the_end(string text, string path, double scale, string stages)
    {
        Assert.Equal(new LoraChoice(path, scale, Enum.Parse<LoraStages>(stages)), LoraChoiceText.Parse(text));
    }

    [Theory]
    [InlineData("a.safetensors:stage_1")]
    [InlineData("a.safetensors::stage_1")]
    [InlineData("a.safetensors:strong:stage_1")]
    public void A_stage_without_a_scale_is_refused(string text) => Refused(text);

    [Theory]
    [InlineData(":strong")]
    [InlineData(":")]
    [InlineData(":1:stage_3")]
    [InlineData(":1:2")]
    [InlineData(":1:both:both")]
    public void What_follows_a_file_that_is_there_must_be_scale_and_stage(string rest)
    {
        using TestFolder folder = new();
        Refused(folder.Text("lora.safetensors", "") + rest);
    }

    [Fact]
    public void A_file_whose_own_name_ends_in_a_number_is_that_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no colons in names.");
        using TestFolder folder = new();
        string path = folder.Text("lora:2", "");

        Assert.Equal(new LoraChoice(path), LoraChoiceText.Parse(path));
        Assert.Equal(new LoraChoice(path, 0.5), LoraChoiceText.Parse(path + ":0.5"));
    }

    private static void Refused(string text)
    {
        InferenceException error = Assert.Throws<InferenceException>(() => LoraChoiceText.Parse(text));
        Assert.Equal(Fault.Input, error.Fault);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }
}
