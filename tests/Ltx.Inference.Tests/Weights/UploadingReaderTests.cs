using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

/// <summary>The way to a device, with a device that copies as late as it may.</summary>
[Fast]
[Collection(Alone.Name)]
public sealed class UploadingReaderTests : IDisposable
{
    private const int BufferBytes = 1000;

    private readonly WeightFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Every_tensor_comes_whole_and_in_order_whatever_its_size()
    {
        // Nothing, less than a buffer, exactly one, many of them; odd lengths, and ones that are not aligned in the file.
        using SafetensorsFile file = Write([0, 1, 7, 999, 1000, 1001, 1, 5000, 12345, 3, 2000, 1, 1, 40000]);
        LateLink link = new();
        List<string> came = [];
        using (UploadingReader reader = new(link, CPU, BufferBytes))
        {
            List<(TensorEntry Entry, Tensor Tensor)> asked = [];
            foreach (TensorEntry entry in file.Tensors.Values)
            {
                asked.Add((entry, reader.Read(file, entry, tensor => came.Add($"{entry.Name} {Same(file, entry, tensor)}"))));
                reader.Then(() => came.Add($"after {entry.Name}"));
            }
            reader.Finish();
            Assert.All(asked, pair => Assert.True(Same(file, pair.Entry, pair.Tensor), pair.Entry.Name));
            asked.ForEach(pair => pair.Tensor.Dispose());
        }
        Assert.Equal(file.Tensors.Keys.SelectMany(name => new[] { $"{name} True", $"after {name}" }), came);
        AssertAllGivenBack(link);
    }

    [Fact]
    public void Few_buffers_serve_and_each_is_filled_again_only_when_it_has_been_copied_from()
    {
        using SafetensorsFile file = Write([.. Enumerable.Repeat(BufferBytes, 20)]);
        LateLink link = new();
        using (UploadingReader reader = new(link, CPU, BufferBytes))
        {
            // Nobody settles in between, so the buffers alone decide when a copy is waited for.
            List<Tensor> tensors = [.. file.Tensors.Values.Select(entry => reader.Read(file, entry))];
            reader.Finish();
            foreach ((TensorEntry entry, Tensor tensor) in file.Tensors.Values.Zip(tensors)) Assert.True(Same(file, entry, tensor), entry.Name);
            tensors.ForEach(tensor => tensor.Dispose());
        }
        Assert.Equal(3, link.Pins);
        Assert.True(link.Awaits >= 17, $"{link.Awaits} waits for 20 fillings of 3 buffers");
        AssertAllGivenBack(link);
    }

    [Fact]
    public void A_tensors_memory_is_written_to_only_after_what_was_computed_before_it_was_asked_for()
    {
        using SafetensorsFile file = Write([10, 20, 2500]);
        LateLink link = new();
        using (UploadingReader reader = new(link, CPU, BufferBytes))
        {
            foreach (TensorEntry entry in file.Tensors.Values) reader.Read(file, entry, tensor => tensor.Dispose());
            reader.Finish();
        }
        // The engine's thread marks, the reader's thread holds, each in its own order.
        string[] marks = [.. link.Log.Where(line => line.StartsWith("computing", StringComparison.Ordinal)).Select(line => line.Split(' ')[1])];
        string[] held = [.. link.Log.Where(line => !line.StartsWith("computing", StringComparison.Ordinal))];
        Assert.Equal([$"hold {marks[0]}", "upload", $"hold {marks[1]}", "upload", $"hold {marks[2]}", "upload", "upload", "upload"], held);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_device_that_fails_is_told_to_whoever_waits_and_nothing_stays(int upload)
    {
        using SafetensorsFile file = Write([1000, 1000, 1000, 1000, 1000]);
        long before = LiveTensors.Before();
        LateLink link = new() { FailingUpload = upload };
        List<Tensor> came = [];
        using (UploadingReader reader = new(link, CPU, BufferBytes))
        {
            InferenceException failed = Assert.Throws<InferenceException>(() =>
            {
                foreach (TensorEntry entry in file.Tensors.Values) reader.Read(file, entry, came.Add);
                reader.Finish();
            });
            Assert.Equal("the device is gone", failed.Message);
            Assert.Equal(upload - 1, came.Count);
        }
        came.ForEach(tensor => tensor.Dispose());
        Assert.Equal(before, Tensor.TotalCount);
        Assert.Equal((0, true), (link.PinnedLeft, link.IsDisposed));
        Assert.Empty(link.Faults);
    }

    [Fact]
    public void What_cannot_be_pinned_is_told_at_once_and_nothing_stays()
    {
        LateLink link = new() { FailingPin = 2 };
        Assert.Equal("there is no memory to pin", Assert.Throws<InferenceException>(() => new UploadingReader(link, CPU, BufferBytes)).Message);
        AssertAllGivenBack(link);
    }

    [Fact]
    public async Task Dropped_in_the_middle_it_waits_for_the_copies_that_are_under_way()
    {
        using SafetensorsFile file = Write([.. Enumerable.Repeat(3000, 30)]);
        long before = LiveTensors.Before();
        LateLink link = new();
        link.Gate.Reset();
        UploadingReader reader = new(link, CPU, BufferBytes);
        foreach (TensorEntry entry in file.Tensors.Values) reader.Read(file, entry, _ => Assert.Fail("nobody waited for it"));
        // Else nothing is under way, and nothing would be waited for.
        Assert.True(SpinWait.SpinUntil(() => link.IsAsked, TimeSpan.FromSeconds(60)));
        Task dropped = Task.Run(reader.Dispose, TestContext.Current.CancellationToken);
        // On a busy machine the task may start much later; opened before, the gate would let every copy through.
        Assert.True(SpinWait.SpinUntil(() => reader.IsDropped, TimeSpan.FromSeconds(60)));
        Assert.False(dropped.IsCompleted);
        link.Gate.Set();
        await dropped.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(before, Tensor.TotalCount);
        // At most the one that was under way was finished.
        Assert.InRange(link.Uploads, 1, 3);
        AssertAllGivenBack(link);
    }

    private static void AssertAllGivenBack(LateLink link)
    {
        Assert.Empty(link.Faults);
        Assert.Equal((0, 0, true), (link.PinnedLeft, link.MarksLeft, link.IsDisposed));
    }

    private static bool Same(SafetensorsFile file, TensorEntry entry, Tensor tensor)
    {
        byte[] expected = new byte[entry.Length], actual = new byte[entry.Length];
        Marshal.Copy(file.Address(entry), expected, 0, expected.Length);
        if (actual.Length > 0) Marshal.Copy(ForeignMemory.Address(tensor), actual, 0, actual.Length);
        return tensor.shape.SequenceEqual(entry.Shape) && (int)tensor.dtype == (int)entry.Type && expected.SequenceEqual(actual);
    }

    // Tensors of so many random bytes each, one after the other; two are float8, which TorchSharp cannot name.
    private SafetensorsFile Write(int[] sizes)
    {
        JsonObject header = [];
        int begin = 0;
        foreach ((int index, int size) in sizes.Index())
        {
            header[$"t{index:00}"] = new JsonObject { ["dtype"] = index % 5 == 4 ? "F8_E4M3" : "U8", ["shape"] = new JsonArray(size), ["data_offsets"] = new JsonArray(begin, begin + size) };
            begin += size;
        }
        byte[] data = new byte[begin];
        new Random(1).NextBytes(data);
        return SafetensorsFile.Open(files.Write(JsonSerializer.SerializeToUtf8Bytes(header), data));
    }
}
