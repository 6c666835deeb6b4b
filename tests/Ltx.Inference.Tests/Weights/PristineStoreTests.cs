using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Tests.Transformer;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

/// <summary>Models whose own weights stay where a device can read them, over a device that copies as late as it may and knows what is pinned.</summary>
[Collection(Alone.Name)]
public sealed class PristineStoreTests : IDisposable
{
    // Smaller than most weights, larger than some.
    private const int BufferBytes = 3000;

    private static readonly string Golden = ModelFolder.Open(Path.Combine(Repository.Goldens, "model")).Checkpoint;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly LoraFolder loras = new();
    private readonly WeightFiles files = new();
    private readonly List<LateLink> readers = [];

    public void Dispose()
    {
        files.Dispose();
        loras.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, WeightFormat.Checkpoint, false, false)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Checkpoint, false, true)]
    [InlineData(ScalarType.Float32, WeightFormat.Checkpoint, false, true)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Checkpoint, true, true)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Full, true, false)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Float8, false, true)]
    public void What_stays_pinned_is_read_from_the_file_once_and_gives_the_same_numbers(ScalarType type, WeightFormat format, bool float8File, bool streams)
    {
        using Float8Checkpoint float8 = new(Golden);
        string path = Copy(float8File ? float8.Path : Golden, files.At("model.safetensors"));
        List<Tensor> expected = Expected(path, type, format);
        LateLink home = new();
        using (Checkpoint checkpoint = Open(path, home))
        {
            using LtxTransformer transformer = new(checkpoint, CPU, type, format, streams ? Streamed(checkpoint) : 0, home, PristineSource.Pinned);
            // Whatever a later reading takes from the file is wrong from here on.
            Spoil(path);
            AssertSame(expected, Passes(transformer));
            AssertSame(expected, Passes(transformer));
            long linears = transformer.Linears.Values.Sum(linear => HostPages.Whole(FileBytes(path, linear)));
            Assert.Equal(linears, transformer.PristineBytes);
            Assert.Equal(linears, home.Registered.Values.Sum(piece => piece.Bytes));
            Assert.Null(transformer.PristineRefusal);
        }
        AssertClean(home);
    }

    [Fact]
    public void The_models_own_LoRAs_are_read_from_their_files_once()
    {
        string path = loras.Write("own.safetensors", [.. Changed.Select(layer => LoraPart.Filled("diffusion_model." + layer, 64, 64, 0.3f, 0.2f))]);
        LateLink home = new();
        using (Checkpoint checkpoint = Open(Golden, home))
        using (LoraFile own = LoraFile.Open(path))
        using (LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Checkpoint, 0, home, PristineSource.Pinned))
        {
            own.Kept = transformer.Pristine;
            LoraMerger merger = new(transformer.Weights);
            merger.Use([new LoraUse(own, 0.5)]);
            Tensor first = RandomPass.Run(transformer);
            Spoil(path);
            merger.Use([new LoraUse(own, 1)]);
            merger.Use([new LoraUse(own, 0.5)]);
            AssertSame([first], [RandomPass.Run(transformer)]);
            long kept = own.Modules.Sum(module => HostPages.Whole(module.LowRank!.Down.Length) + HostPages.Whole(module.LowRank.Up.Length));
            Assert.Equal(kept + transformer.Linears.Values.Sum(linear => HostPages.Whole(FileBytes(Golden, linear))), transformer.PristineBytes);
        }
        AssertClean(home);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_streamed_block_is_at_home_in_the_same_pages_and_only_what_a_LoRA_changed_has_others(bool float8File)
    {
        using Float8Checkpoint float8 = new(Golden);
        string path = float8File ? float8.Path : Golden;
        LateLink home = new();
        using (Checkpoint checkpoint = Open(path, home))
        using (LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Checkpoint, Streamed(checkpoint), home, PristineSource.Pinned))
        {
            // A float8 weight's scales, one a row, are made of what the file has.
            Assert.Equal(Streamed(checkpoint), transformer.StreamedBlocks);
            long scales = transformer.StreamedBytes;
            Assert.Equal(float8File ? transformer.Linears.Where(linear => linear.Key.StartsWith("transformer_blocks.", StringComparison.Ordinal) && linear.Value.Weight is Float8Weight).Sum(linear => linear.Value.OutFeatures * sizeof(float)) : 0, scales);
            Passes(transformer);
            long merged = Changed.Sum(name => transformer.Linears[name].Weight.Tensors[0].numel() * transformer.Linears[name].Weight.Tensors[0].ElementSize);
            Assert.Equal(scales + merged, transformer.StreamedBytes);
            Assert.Equal(scales + merged, home.PinnedBytes);
            // Resident and back: the block's own memory is given back, and what lies in the store still serves.
            transformer.Stream(0);
            Assert.Equal(0, home.PinnedBytes);
            transformer.Stream(Streamed(checkpoint));
            Assert.Equal(scales, home.PinnedBytes);
            AssertSame(Expected(path, ScalarType.BFloat16, WeightFormat.Checkpoint), Passes(transformer));
        }
        AssertClean(home);
    }

    [Fact]
    public void A_file_that_lies_in_memory_is_registered_as_it_is_and_nothing_is_copied()
    {
        const string Memory = "/dev/shm";
        Assert.SkipUnless(Directory.Exists(Memory), "This system has no /dev/shm.");
        string path = Copy(Golden, Path.Combine(Memory, $"ltx-{Guid.NewGuid():N}.safetensors"));
        try
        {
            using (SafetensorsFile file = SafetensorsFile.Open(path)) Assert.True(file.LiesInMemory);
            LateLink home = new();
            using (Checkpoint checkpoint = Open(path, home))
            {
                using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Checkpoint, Streamed(checkpoint), home, PristineSource.Mapped);
                AssertSame(Expected(path, ScalarType.BFloat16, WeightFormat.Checkpoint), Passes(transformer));
                (long bytes, bool isReadOnly) = Assert.Single(home.Registered.Values);
                Assert.True(isReadOnly);
                Assert.Equal(HostPages.Whole(new FileInfo(path).Length), bytes);
                Assert.Equal((0, 1), (transformer.PristineBytes, home.Registers));
            }
            AssertClean(home);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(PristineSource.Pinned, 1, false, "^No more than 0.0 GB of pristine weights could be pinned in host memory, so changing LoRAs reads the file through buffers, which is slower: the driver registers nothing more$")]
    [InlineData(PristineSource.Pinned, 5, true, "^No more than 0.0 GB of pristine weights could be pinned in host memory, so changing LoRAs reads the file through buffers, which is slower: the driver registers nothing more$")]
    [InlineData(PristineSource.Mapped, 1, true, "^The pages of .+ cannot be read by the device where they lie, so changing LoRAs reads the file through buffers, which is slower: the driver registers nothing more$")]
    public void What_cannot_be_pinned_is_read_through_buffers_and_said(PristineSource source, int failing, bool streams, string sentence)
    {
        List<Tensor> expected = Expected(Golden, ScalarType.BFloat16, WeightFormat.Checkpoint);
        LateLink home = new() { FailingRegister = failing };
        using (Checkpoint checkpoint = Open(Golden, home))
        {
            using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Checkpoint, streams ? Streamed(checkpoint) : 0, home, source);
            AssertSame(expected, Passes(transformer));
            Assert.Matches(sentence, transformer.PristineRefusal);
            // Not tried again; what was pinned before serves on.
            Assert.Equal((failing, failing - 1), (home.Registers, home.Registered.Count));
        }
        AssertClean(home);
    }

    [Fact]
    public void A_model_that_fails_to_load_gives_everything_back()
    {
        using Generation.BrokenModel broken = new("checkpoint", "model.diffusion_model.proj_out.weight", Generation.BrokenModel.NaN);
        LateLink home = new();
        using (Checkpoint checkpoint = Open(broken.File, home))
        {
            Assert.Throws<WeightsException>(() => new LtxTransformer(checkpoint, CPU, ScalarType.BFloat16, WeightFormat.Checkpoint, 0, home, PristineSource.Pinned));
        }
        Assert.True(home.Registers > 0);
        AssertClean(home);
    }

    private static readonly string[] Changed = ["transformer_blocks.0.attn1.to_q", "transformer_blocks.1.attn1.to_q"];

    // All blocks; of a float8 file the first one has a form of its own.
    private static int Streamed(Checkpoint checkpoint) => TransformerConfig.From(checkpoint.Config).Layers;

    private List<Tensor> Expected(string path, ScalarType type, WeightFormat format)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        using LtxTransformer transformer = new(checkpoint, CPU, type, format);
        List<Tensor> passes = Passes(transformer);
        Assert.True(RandomPass.Error(passes[1], passes[0]) > 1e-3);
        return passes;
    }

    // Without a LoRA, with one, and without it again.
    private List<Tensor> Passes(LtxTransformer transformer)
    {
        using LoraFile file = LoraFile.Open(loras.Write("a.safetensors", [.. Changed.Select(layer => LoraPart.Filled("diffusion_model." + layer, 64, 64, 0.3f, 0.2f))]));
        LoraMerger merger = new(transformer.Weights);
        List<Tensor> passes = [RandomPass.Run(transformer)];
        merger.Use([new LoraUse(file, 1)]);
        passes.Add(RandomPass.Run(transformer));
        merger.Use([]);
        passes.Add(RandomPass.Run(transformer));
        return passes;
    }

    private static void AssertSame(List<Tensor> expected, List<Tensor> actual)
    {
        foreach ((Tensor one, Tensor other) in expected.Zip(actual)) Assert.True(one.equal(other).all().item<bool>());
    }

    private void AssertClean(LateLink home)
    {
        Assert.All(readers.Append(home), link => Assert.Empty(link.Faults));
        Assert.All(readers.Append(home), link => Assert.Equal((0, 0, 0, true), (link.PinnedLeft, link.Registered.Count, link.MarksLeft, link.IsDisposed)));
    }

    private Checkpoint Open(string path, LateLink home)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        checkpoint.Reader = device =>
        {
            readers.Add(new LateLink(home));
            return new UploadingReader(readers[^1], device, BufferBytes);
        };
        return checkpoint;
    }

    private static string Copy(string from, string to)
    {
        File.Copy(from, to, overwrite: true);
        return to;
    }

    private static long FileBytes(string path, LinearSlot linear)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return file.Tensors[$"model.diffusion_model.{linear.Name}.weight"].Length;
    }

    // Every number becomes another one, where they are: who has the file mapped sees it.
    private static void Spoil(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (TensorEntry entry in file.Tensors.Values.Where(entry => entry.Name.EndsWith(".weight", StringComparison.Ordinal)))
        {
            stream.Position = entry.Offset;
            stream.Write(Enumerable.Repeat((byte)0x11, (int)entry.Length).ToArray());
        }
    }
}
