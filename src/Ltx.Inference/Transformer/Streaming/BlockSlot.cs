using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer.Streaming;

/// <summary>Memory on the device that streamed blocks take turns in.</summary>
internal sealed class BlockSlot : IDisposable
{
    private readonly IDeviceLink link;
    private StreamedBlock? held;
    private nint? copied;

    /// <param name="form">a block like all that will come here</param>
    public BlockSlot(StreamedBlock form, IDeviceLink link)
    {
        this.link = link;
        Tensors = [.. form.Tensors.Select(tensor => empty_like(tensor).DetachFromDisposeScope())];
    }

    /// <summary>In the order of the blocks' own.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Starts copying a block into it, once all that has been given to the device to compute is done with what is in it.</summary>
    public void Fetch(StreamedBlock block)
    {
        if (held == block) return;
        DropMark();
        nint computed = link.MarkComputing();
        link.HoldCopies(computed);
        link.Drop(computed);
        block.Upload();
        copied = link.MarkCopies();
        held = block;
    }

    /// <summary>Lets computing wait until the block that was fetched has come.</summary>
    public void Await()
    {
        if (copied is { } mark) link.HoldComputing(mark);
        DropMark();
    }

    /// <summary>What is in it is no longer what the block is.</summary>
    public void Forget(StreamedBlock block)
    {
        if (held == block) held = null;
    }

    public void Dispose()
    {
        DropMark();
        foreach (Tensor tensor in Tensors) tensor.Dispose();
    }

    private void DropMark()
    {
        if (copied is { } mark) link.Drop(mark);
        copied = null;
    }
}
