using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer.Streaming;

/// <summary>
/// Blocks whose weights come to the device from pinned host memory for every pass, for cards that cannot hold all of them. Two slots on the
/// device take turns: while one block computes in the first, the next one is copied into the second. Nothing here waits on the host; copies and
/// computing are ordered on the device by marks. The numbers are those of resident blocks, bit for bit, because they are the same numbers.
/// </summary>
/// <param name="link">must outlive this</param>
/// <param name="device">where they compute</param>
internal sealed class BlockStream(IDeviceLink link, Device device) : IDisposable
{
    /// <summary>One that is computed with, and one that is copied into.</summary>
    public const int SlotCount = 2;

    private readonly List<BlockSlot> slots = [];
    private readonly SortedDictionary<int, StreamedBlock> blocks = [];

    /// <summary>The blocks that are streamed, in order.</summary>
    public IReadOnlyCollection<int> Indices => blocks.Keys;

    /// <summary>Bytes of host memory that are pinned for them, beside what a store of pristine weights keeps.</summary>
    public long PinnedBytes => blocks.Values.Sum(block => block.Bytes);

    /// <summary>Which of so many blocks are streamed, spread evenly: between two that are, there is time to copy.</summary>
    public static IEnumerable<int> Spread(int streamed, int all) => Enumerable.Range(0, all).Where(i => (long)(i + 1) * streamed / all > (long)i * streamed / all);

    /// <summary>Makes a block a streamed one.</summary>
    /// <param name="linears">its layers, in the same order for every block</param>
    public void Add(int index, IReadOnlyList<Linear> linears)
    {
        StreamedBlock block = new(index, linears, link, device);
        // All blocks of a model are alike but for float8 files that leave some of theirs in bfloat16.
        if (blocks.Count > 0 && !SameForm(block, blocks.Values.First()))
        {
            block.Dispose();
            return;
        }
        blocks.Add(index, block);
        while (slots.Count < SlotCount) slots.Add(new BlockSlot(block, link));
        // Until all are added: the place is given by the order.
        block.MoveInto(slots[0]);
    }

    /// <summary>Makes a block a resident one again.</summary>
    public void Remove(int index)
    {
        if (!blocks.Remove(index, out StreamedBlock? block)) return;
        block.Leave();
        block.Dispose();
        if (blocks.Count > 0) return;
        slots.ForEach(slot => slot.Dispose());
        slots.Clear();
    }

    /// <summary>Gives neighbours different slots; to be called when blocks have been added or removed.</summary>
    public void Order()
    {
        foreach ((int place, StreamedBlock block) in blocks.Values.Index())
        {
            BlockSlot slot = slots[place % SlotCount];
            if (block.Slot != slot) block.MoveInto(slot);
        }
    }

    /// <summary>To be called before a block computes: its weights are there when it does.</summary>
    public void Begin(int index)
    {
        if (!blocks.TryGetValue(index, out StreamedBlock? block)) return;
        // Under way since two streamed blocks ago, unless this is the first one or a pass was given up.
        block.Slot!.Fetch(block);
        block.Slot.Await();
    }

    /// <summary>To be called when a block has been given to the device to compute: what comes next in its slot sets out.</summary>
    public void End(int index)
    {
        if (!blocks.TryGetValue(index, out StreamedBlock? block)) return;
        // Passes follow each other: behind the last block come the first.
        StreamedBlock? next = blocks.Values.FirstOrDefault(other => other.Index > index && other.Slot == block.Slot) ?? blocks.Values.First(other => other.Slot == block.Slot);
        block.Slot!.Fetch(next);
    }

    public void Dispose()
    {
        foreach (StreamedBlock block in blocks.Values) block.Dispose();
        blocks.Clear();
        slots.ForEach(slot => slot.Dispose());
        slots.Clear();
    }

    private static bool SameForm(StreamedBlock one, StreamedBlock other) =>
        one.Tensors.Select(tensor => (tensor.dtype, string.Join(',', tensor.shape))).SequenceEqual(other.Tensors.Select(tensor => (tensor.dtype, string.Join(',', tensor.shape))));
}
