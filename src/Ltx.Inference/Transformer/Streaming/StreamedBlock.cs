using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer.Streaming;

/// <summary>
/// The weights of one block's linear layers, at home in pinned host memory: as they are used now, LoRAs merged. Whatever a layer is given from
/// now on goes there too. A weight that lies in pinned memory already, as the file has it, is at home there and nowhere else.
/// </summary>
internal sealed class StreamedBlock : IDisposable
{
    private readonly IDeviceLink link;
    private readonly Device device;
    private readonly IReadOnlyList<LinearSlot> linears;

    // By layer and tensor: what is pinned for it alone, and where it is copied from.
    private readonly nint?[][] homes;
    private readonly nint[][] sources;

    /// <summary>Brings the weights home. Returns when they are there, so that what they were in on the device can be used again.</summary>
    public StreamedBlock(int index, IReadOnlyList<LinearSlot> linears, IDeviceLink link, Device device)
    {
        (Index, this.linears, this.link, this.device) = (index, linears, link, device);
        homes = [.. linears.Select(linear => new nint?[linear.Weight.Tensors.Count])];
        sources = [.. linears.Select(linear => new nint[linear.Weight.Tensors.Count])];
        try
        {
            foreach ((int i, LinearSlot linear) in linears.Index()) BringHome(i, linear.Weight);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Which block it is.</summary>
    public int Index { get; }

    /// <summary>Of what is pinned for it alone.</summary>
    public long Bytes { get; private set; }

    /// <summary>Where it is computed; null before that is decided.</summary>
    public BlockSlot? Slot { get; private set; }

    /// <summary>Sizes and types of all its tensors: blocks of one form can take turns in one slot.</summary>
    public IEnumerable<Tensor> Tensors => linears.SelectMany(linear => linear.Weight.Tensors);

    /// <summary>Lets the layers compute with what is in a slot, from now on and whatever block is in it.</summary>
    public void MoveInto(BlockSlot slot)
    {
        Slot = slot;
        int at = 0;
        foreach ((int layer, LinearSlot linear) in linears.Index())
        {
            int first = at;
            at += linear.Weight.Tensors.Count;
            linear.Keeper = null;
            linear.Place(InSlot(linear.Weight, slot, first));
            linear.Keeper = given => Keep(layer, first, given);
        }
    }

    /// <summary>Starts copying all of it into its slot, behind all earlier copies.</summary>
    public void Upload()
    {
        int at = 0;
        foreach (nint source in sources.SelectMany(layer => layer))
        {
            Tensor target = Slot!.Tensors[at++];
            link.Upload(ForeignMemory.Address(target), source, Size(target));
        }
    }

    /// <summary>Gives every layer memory of its own on the device again.</summary>
    public void Leave()
    {
        foreach ((int i, LinearSlot linear) in linears.Index())
        {
            linear.Keeper = null;
            Tensor[] own = [.. linear.Weight.Tensors.Select(tensor => empty_like(tensor).DetachFromDisposeScope())];
            Ordered(() =>
            {
                for (int part = 0; part < own.Length; part++) link.Upload(ForeignMemory.Address(own[part]), sources[i][part], Size(own[part]));
            });
            linear.Place(linear.Weight.Over(own));
        }
        Slot?.Forget(this);
        Slot = null;
    }

    public void Dispose()
    {
        // Copies from the home may still be under way.
        nint mark = link.MarkCopies();
        link.Await(mark);
        link.Drop(mark);
        foreach (nint?[] layer in homes)
        {
            foreach (nint? home in layer)
            {
                if (home is { } pinned) link.Unpin(pinned);
            }
        }
    }

    // A layer has been given another weight: it goes home, and the layer goes on computing in the slot.
    private LinearWeight Keep(int layer, int first, LinearWeight given)
    {
        BringHome(layer, given);
        Slot!.Forget(this);
        LinearWeight placed = InSlot(given, Slot, first);
        given.Dispose();
        return placed;
    }

    private static LinearWeight InSlot(LinearWeight form, BlockSlot slot, int first) => form.Over([.. Enumerable.Range(first, form.Tensors.Count).Select(part => slot.Tensors[part].alias().DetachFromDisposeScope())]);

    // Ordered on both sides: the copies wait for what the numbers are computed by, and computing, which may use their memory again, for the copies.
    private void BringHome(int layer, LinearWeight weight) => Ordered(() =>
    {
        foreach ((int part, Tensor tensor) in weight.Tensors.Index())
        {
            if (part == 0 && weight.InHost is { } there)
            {
                sources[layer][part] = there;
                continue;
            }
            nint home = homes[layer][part] ??= Pinned(Size(tensor));
            sources[layer][part] = home;
            link.Download(home, ForeignMemory.Address(tensor), Size(tensor));
        }
    });

    // What a LoRA once needed stays for the next one.
    private nint Pinned(long bytes)
    {
        nint home = link.Pin(bytes);
        Bytes += bytes;
        return home;
    }

    private void Ordered(Action copy)
    {
        nint computed = link.MarkComputing();
        link.HoldCopies(computed);
        link.Drop(computed);
        copy();
        nint copied = link.MarkCopies();
        link.HoldComputing(copied);
        link.Drop(copied);
    }

    private static long Size(Tensor tensor) => tensor.numel() * tensor.ElementSize;
}
