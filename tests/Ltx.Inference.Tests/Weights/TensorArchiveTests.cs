using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

[Fast]
[Collection(Alone.Name)]
public sealed class TensorArchiveTests : IDisposable
{
    private readonly WeightFiles files = new();

    public TensorArchiveTests()
    {
        files.Write("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "one.safetensors");
        files.Write("""{"b":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"c":{"dtype":"F32","shape":[],"data_offsets":[6,10]}}""", 10, "two.safetensors");
    }

    public void Dispose() => files.Dispose();

    [Fact]
    public void Shards_read_as_one_file()
    {
        using TensorArchive archive = TensorArchive.OpenIndex(Index("""{"metadata":{},"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"}}"""));
        Assert.Equal(["a", "b", "c"], archive.Names.Order());
        Assert.Equal(2, archive.Files.Count);
        Assert.EndsWith("two.safetensors", archive.Find("b").File.Path, StringComparison.Ordinal);
        Assert.Contains("\"d\"", Assert.Throws<WeightsException>(() => archive.Find("d")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"weight_map":{"a":1}}""")]
    [InlineData("""{"weight_map":{"a":null}}""")]
    [InlineData("""{"weight_map":{"a":""}}""")]
    [InlineData("""{"weight_map":{"a":"."}}""")]
    [InlineData("""{"weight_map":{"a":".."}}""")]
    [InlineData("""{"weight_map":{"a":"../one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""")]
    [InlineData("""{"weight_map":{"a":"sub/one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors\u0000"}}""")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""")]
    [InlineData("""{"weight_map":{"\ud800":"one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"three.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"two.safetensors"}}""")]
    [InlineData("""{"weight_map":{"z":"one.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"copy.safetensors","c":"two.safetensors"}}""")]
    public void A_broken_index_is_refused(string index)
    {
        File.Copy(files.At("two.safetensors"), files.At("copy.safetensors"));
        Assert.Throws<WeightsException>(() => TensorArchive.OpenIndex(Index(index)).Dispose());
    }

    [Fact]
    public void An_index_that_is_no_file_is_refused()
    {
        Assert.Throws<WeightsException>(() => TensorArchive.OpenIndex(files.Folder));
        Assert.Throws<WeightsException>(() => TensorArchive.OpenIndex(files.At("nowhere.json")));
    }

    [Fact]
    public void A_component_hands_out_what_is_asked_for_and_counts_the_rest()
    {
        using TensorArchive archive = TensorArchive.Open(files.At("two.safetensors"));
        long before = LiveTensors.Before();
        using (ComponentWeights component = new(archive, "", CPU, ScalarType.Float32))
        {
            Tensor b = component.Root.Tensor("b", TensorRole.Weight, 3);
            Assert.Equal(ScalarType.Float32, b.dtype);
            Assert.Contains("\"c\"", Assert.Throws<WeightsException>(() => component.Complete()).Message, StringComparison.Ordinal);
            Assert.Throws<WeightsException>(() => component.Root.Tensor("c", TensorRole.Weight, 1));
            Assert.Throws<WeightsException>(() => component.Root["deeper"].Tensor("c", TensorRole.Weight));
            component.Complete("c");
            component.Root.Tensor("c", TensorRole.Weight);
            component.Complete();
        }
        Assert.Equal(before, Tensor.TotalCount);
    }

    private string Index(string json)
    {
        string path = files.At("model.safetensors.index.json");
        File.WriteAllText(path, json);
        return path;
    }
}
