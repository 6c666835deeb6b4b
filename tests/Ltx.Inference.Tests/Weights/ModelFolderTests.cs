using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Weights;

[Fast]
public sealed class ModelFolderTests : IDisposable
{
    private readonly WeightFiles files = new();

    public ModelFolderTests()
    {
        files.Raw([], "c.safetensors");
        files.Raw([], "u.safetensors");
        Directory.CreateDirectory(files.At("gemma"));
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Parts_are_found_and_missing_ones_are_null()
    {
        ModelFolder folder = Open("""{"checkpoint":"c.safetensors","upscaler":"u.safetensors","distilled_lora":null,"text_encoder":"gemma","prompt_expansion":true}""");
        Assert.Equal(files.At("c.safetensors"), folder.Checkpoint);
        Assert.Equal((null, null, true), (folder.DistilledLora, folder.InpaintAdapter, folder.PromptExpansion));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"checkpoint":"c.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":null,"upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":7,"upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":"","upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":"gemma","upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":"x.safetensors","upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":"c.safetensors","upscaler":"u.safetensors","text_encoder":"c.safetensors"}""")]
    [InlineData("""{"checkpoint":"c.safetensors","upscaler":"u.safetensors","text_encoder":"gemma","distilled_lora":"x"}""")]
    [InlineData("""{"checkpoint":"c.safetensors","upscaler":"u.safetensors","text_encoder":"gemma","prompt_expansion":"yes"}""")]
    [InlineData("""{"checkpoint":"c\u0000.safetensors","upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    [InlineData("""{"checkpoint":"\ud800","upscaler":"u.safetensors","text_encoder":"gemma"}""")]
    public void A_broken_description_is_refused(string json) => Assert.Contains("model.json", Assert.Throws<WeightsException>(() => Open(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_without_a_description_is_refused()
    {
        Assert.Throws<WeightsException>(() => ModelFolder.Open(files.Folder));
        Assert.Throws<WeightsException>(() => ModelFolder.Open(files.At("nowhere")));
        Directory.CreateDirectory(files.At(ModelFolder.FileName));
        Assert.Throws<WeightsException>(() => ModelFolder.Open(files.Folder));
    }

    private ModelFolder Open(string json)
    {
        File.WriteAllText(files.At(ModelFolder.FileName), json);
        return ModelFolder.Open(files.Folder);
    }
}
