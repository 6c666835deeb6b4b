using System.Collections.Concurrent;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// Reads tensors to a device: a thread of its own copies from the mapped file into one pinned buffer while the device takes another, so
/// that disk and bus work at the same time. Nothing is held twice: a page of the file leaves the process as soon as it is copied. What a store of
/// pristine weights keeps is copied from there, and the file is not looked at again.
/// </summary>
internal sealed class UploadingReader : IWeightReader
{
    // Large enough that a copy's start costs nothing, small enough to pin at once.
    private const long DefaultBufferBytes = 32L << 20;

    // Two would do if disk and bus were even.
    private const int BufferCount = 3;

    /// <summary>What may be on its way: the device holds so much more than the weights while they are converted.</summary>
    public const long MostUnderWay = 1L << 30;

    private readonly IDeviceLink link;
    private readonly Device device;
    private readonly StagingBuffer[] buffers;
    private readonly long bufferBytes;
    private readonly BlockingCollection<Order> orders = new(new ConcurrentQueue<Order>());
    private readonly Queue<Order> underWay = new();
    private readonly Thread thread;
    private Order? last;
    private long bytesUnderWay;
    private volatile bool isDropped;
    private int current;

    /// <param name="link">the way to the device; this owns it</param>
    public UploadingReader(IDeviceLink link, Device device, long bufferBytes = DefaultBufferBytes)
    {
        (this.link, this.device, this.bufferBytes) = (link, device, bufferBytes);
        link.Bind();
        buffers = new StagingBuffer[BufferCount];
        try
        {
            for (int i = 0; i < BufferCount; i++) buffers[i] = new StagingBuffer(link.Pin(bufferBytes));
        }
        catch
        {
            Free();
            throw;
        }
        thread = new Thread(CopyAll) { IsBackground = true, Name = "ltx weights" };
        thread.Start();
    }

    /// <summary>From here on no further copy is begun.</summary>
    public bool IsDropped => isDropped;

    public Tensor Read(SafetensorsFile file, TensorEntry entry, Action<Tensor>? arrived = null, PristineTensor? pristine = null)
    {
        nint source = file.Address(entry);
        if (pristine?.Address is null) HostPages.Expect(source, entry.Length);
        Tensor tensor = empty(entry.Shape, (ScalarType)entry.Type, device).DetachFromDisposeScope();
        // The memory may be what an earlier tensor was freed from, and the device may still compute with that one.
        Order order = new(source, ForeignMemory.Address(tensor), entry.Length, link.MarkComputing(), tensor, pristine);
        if (arrived is not null) order.Arrived.Add(() => arrived(tensor));
        underWay.Enqueue(order);
        last = order;
        bytesUnderWay += entry.Length;
        orders.Add(order);
        while (underWay.TryPeek(out Order? first) && (bytesUnderWay > MostUnderWay || first.IsCopied)) Settle();
        return tensor;
    }

    public void Then(Action action)
    {
        if (underWay.Count == 0) action();
        else last!.Arrived.Add(action);
    }

    public void Finish()
    {
        while (underWay.Count > 0) Settle();
    }

    /// <summary>What has not come is dropped.</summary>
    public void Dispose()
    {
        isDropped = true;
        orders.CompleteAdding();
        thread.Join();
        // First the buffers, which waits for all copies: the memory of what has not come must not go to another tensor while it is written to.
        Free();
        foreach (Order order in underWay) order.Tensor.Dispose();
        underWay.Clear();
        orders.Dispose();
    }

    // The engine's thread: the oldest order, whose content comes in order with what is computed from now on.
    private void Settle()
    {
        Order order = underWay.Peek();
        nint mark = order.WaitUntilCopied();
        link.HoldComputing(mark);
        underWay.Dequeue();
        link.Drop(mark);
        bytesUnderWay -= order.Bytes;
        order.Arrived.ForEach(action => action());
    }

    private void CopyAll()
    {
        Exception? failure = Bound();
        foreach (Order order in orders.GetConsumingEnumerable())
        {
            try
            {
                if (failure is null && isDropped) failure = new ObjectDisposedException(nameof(UploadingReader));
                if (failure is null) Copy(order);
                else link.Drop(order.Before);
            }
            catch (Exception e)
            {
                // Everything behind it fails for the same reason: the device is gone, or its memory.
                failure ??= e;
            }
            order.Finish(failure);
        }
    }

    private Exception? Bound()
    {
        try
        {
            link.Bind();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private void Copy(Order order)
    {
        link.HoldCopies(order.Before);
        link.Drop(order.Before);
        if (order.Pristine?.Keep() is { } kept) link.Upload(order.Target, kept, order.Bytes);
        else CopyThroughBuffers(order);
        order.Copied = link.MarkCopies();
    }

    private void CopyThroughBuffers(Order order)
    {
        for (long done = 0; done < order.Bytes;)
        {
            StagingBuffer buffer = buffers[current];
            if (buffer.Used == bufferBytes)
            {
                buffer.Mark = link.MarkCopies();
                current = (current + 1) % buffers.Length;
                buffer = buffers[current];
                // The device may still read what the buffer held.
                Clear(buffer);
            }
            long bytes = Math.Min(order.Bytes - done, bufferBytes - buffer.Used);
            nint from = order.Source + (nint)done, into = buffer.Address + (nint)buffer.Used;
            HostCopies.Copy(from, into, bytes);
            HostPages.Release(from, bytes);
            link.Upload(order.Target + (nint)done, into, bytes);
            buffer.Used += bytes;
            done += bytes;
        }
    }

    private void Clear(StagingBuffer buffer)
    {
        if (buffer.Mark is { } mark)
        {
            link.Await(mark);
            link.Drop(mark);
        }
        buffer.Mark = null;
        buffer.Used = 0;
    }

    private void Free()
    {
        try
        {
            // Not only from the buffers: what a store keeps may be given back next.
            nint all = link.MarkCopies();
            link.Await(all);
            link.Drop(all);
            foreach (Order order in underWay.Where(order => order.IsCopied && order.Copied is not null)) link.Drop(order.Copied!.Value);
            foreach (StagingBuffer? buffer in buffers)
            {
                if (buffer is null) continue;
                Clear(buffer);
                link.Unpin(buffer.Address);
            }
            link.Dispose();
        }
        catch (InferenceException)
        {
            // A device that has failed takes nothing back, and why it failed has been said.
        }
    }

    private sealed class StagingBuffer(nint address)
    {
        public nint Address => address;

        public long Used { get; set; }

        /// <summary>Behind the last copy from it; null while it is being filled.</summary>
        public nint? Mark { get; set; }
    }

    private sealed class Order(nint source, nint target, long bytes, nint before, Tensor tensor, PristineTensor? pristine)
    {
        private readonly TaskCompletionSource<nint> copied = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public nint Source => source;

        public nint Target => target;

        public long Bytes => bytes;

        /// <summary>Behind what was computed before the tensor got its memory.</summary>
        public nint Before => before;

        public Tensor Tensor => tensor;

        /// <summary>Where it stays in host memory; null where it does not.</summary>
        public PristineTensor? Pristine => pristine;

        /// <summary>What to do when it has come.</summary>
        public List<Action> Arrived { get; } = [];

        /// <summary>Behind the last copy of it.</summary>
        public nint? Copied { get; set; }

        public bool IsCopied => copied.Task.IsCompleted;

        public void Finish(Exception? failure)
        {
            if (failure is null) copied.SetResult(Copied!.Value);
            else copied.SetException(failure);
        }

        public nint WaitUntilCopied() => copied.Task.GetAwaiter().GetResult();
    }
}
