using Ltx.Inference.Native;
using Ltx.Inference.Weights;
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

    // By the blocks' form: all blocks of a model are alike but for float8 files that leave some of theirs in bfloat16.
    private readonly Dictionary<string, List<BlockSlot>> slots = [];
    private readonly SortedDictionary<int, StreamedBlock> blocks = [];

    /// <summary>The blocks that are streamed, in order.</summary>
    public IReadOnlyCollection<int> Indices => blocks.Keys;

    /// <summary>Bytes of host memory that are pinned for them, beside what a store of pristine weights keeps.</summary>
    public long PinnedBytes => blocks.Values.Sum(block => block.Bytes);

    /// <summary>Which of so many blocks are streamed, spread evenly: between two that are, there is time to copy.</summary>
    public static IEnumerable<int> Spread(int streamed, int all) => Enumerable.Range(0, all).Where(i => (long)(i + 1) * streamed / all > (long)i * streamed / all);

    /// <summary>Makes a block a streamed one.</summary>
    /// <param name="linears">its layers, in the same order for every block</param>
    public void Add(int index, IReadOnlyList<LinearSlot> linears)
    {
        StreamedBlock block = new(index, linears, link, device);
        blocks.Add(index, block);
        if (!slots.TryGetValue(Form(block), out List<BlockSlot>? places)) slots.Add(Form(block), places = [new BlockSlot(block, link)]);
        // Until all are added: the place is given by the order.
        block.MoveInto(places[0]);
    }

    /// <summary>Makes a block a resident one again.</summary>
    public void Remove(int index)
    {
        if (!blocks.Remove(index, out StreamedBlock? block)) return;
        string form = Form(block);
        block.Leave();
        block.Dispose();
        if (blocks.Values.Any(other => Form(other) == form)) return;
        slots.Remove(form, out List<BlockSlot>? places);
        places!.ForEach(slot => slot.Dispose());
    }

    /// <summary>Gives neighbours different slots; to be called when blocks have been added or removed.</summary>
    public void Order()
    {
        foreach (IGrouping<string, StreamedBlock> alike in blocks.Values.GroupBy(Form).ToList())
        {
            List<BlockSlot> places = slots[alike.Key];
            while (places.Count < Math.Min(SlotCount, alike.Count())) places.Add(new BlockSlot(alike.First(), link));
            foreach ((int place, StreamedBlock block) in alike.Index())
            {
                BlockSlot slot = places[place % places.Count];
                if (block.Slot != slot) block.MoveInto(slot);
            }
        }
    }

    /// <summary>The blocks of one pass in their order: while the loop's body gives one to the device to compute, its weights are there.</summary>
    /// <param name="order">of all blocks, streamed or resident; once each for a result, and back again for gradients</param>
    public IEnumerable<int> Pass(IReadOnlyList<int> order)
    {
        foreach ((int place, int i) in order.Index())
        {
            Begin(i);
            yield return i;
            End(i, order.Skip(place + 1));
        }
    }

    private void Begin(int index)
    {
        if (!blocks.TryGetValue(index, out StreamedBlock? block)) return;
        // Under way since two streamed blocks ago, unless this is the first one or a pass was given up.
        block.Slot!.Fetch(block);
        block.Slot.Await();
    }

    // The block has been given to the device to compute: what comes next in its slot sets out.
    private void End(int index, IEnumerable<int> rest)
    {
        if (!blocks.TryGetValue(index, out StreamedBlock? block)) return;
        // Passes follow each other: behind the last block come the first.
        StreamedBlock next = rest.Concat(blocks.Keys).Select(i => blocks.GetValueOrDefault(i)).First(other => other?.Slot == block.Slot)!;
        block.Slot!.Fetch(next);
    }

    public void Dispose()
    {
        foreach (StreamedBlock block in blocks.Values) block.Dispose();
        blocks.Clear();
        foreach (BlockSlot slot in slots.Values.SelectMany(places => places)) slot.Dispose();
        slots.Clear();
    }

    private static string Form(StreamedBlock block) => string.Join(' ', block.Tensors.Select(tensor => $"{tensor.dtype}[{string.Join(',', tensor.shape)}]"));
}
