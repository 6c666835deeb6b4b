namespace Ltx.Inference.Costs;

/// <summary>
/// Counts the bytes of tensors that a forward would hold, by walking through it with sizes instead of tensors. Scopes work as dispose
/// scopes do: what is taken in one is given back at its end, unless it was kept for the scope around it.
/// </summary>
internal sealed class MemoryLedger
{
    private readonly Stack<List<Entry>> scopes = new([[]]);
    private long live;

    /// <summary>Bytes held at the worst moment, workspaces included.</summary>
    public long Peak { get; private set; }

    /// <summary>How many of <see cref="Peak"/> were an operator's workspace.</summary>
    public long PeakWorkspace { get; private set; }

    /// <summary>Opens a scope; disposing it gives back what was taken in it.</summary>
    public Scope Open()
    {
        scopes.Push([]);
        return new Scope(this);
    }

    /// <summary>A tensor of so many bytes.</summary>
    public Entry Take(double bytes) => Take((long)Math.Ceiling(bytes), scopes.Peek());

    /// <summary>Memory that one operator needs beside its result, only while it runs.</summary>
    public void Work(double bytes) => Note(live + (long)bytes, (long)bytes);

    /// <summary>Moves a tensor to the scope around the current one.</summary>
    public Entry Keep(Entry entry)
    {
        List<Entry> inner = scopes.Pop();
        if (inner.Remove(entry)) scopes.Peek().Add(entry);
        scopes.Push(inner);
        return entry;
    }

    /// <summary>A tensor that belongs to no scope.</summary>
    public Entry TakeFree(double bytes) => Take((long)Math.Ceiling(bytes), null);

    /// <summary>Makes the caller the one who gives it back.</summary>
    public Entry Detach(Entry entry)
    {
        foreach (List<Entry> scope in scopes) scope.Remove(entry);
        return entry;
    }

    /// <summary>Gives a tensor back before its scope ends.</summary>
    public void Drop(Entry entry)
    {
        if (entry.Bytes == 0) return;
        foreach (List<Entry> scope in scopes) scope.Remove(entry);
        live -= entry.Bytes;
        entry.Bytes = 0;
    }

    private Entry Take(long bytes, List<Entry>? scope)
    {
        Entry entry = new() { Bytes = bytes };
        scope?.Add(entry);
        live += bytes;
        Note(live, 0);
        return entry;
    }

    private void Note(long bytes, long workspace)
    {
        if (bytes > Peak) (Peak, PeakWorkspace) = (bytes, workspace);
    }

    private void Close()
    {
        foreach (Entry entry in scopes.Pop())
        {
            live -= entry.Bytes;
            entry.Bytes = 0;
        }
    }

    /// <summary>One tensor's bytes; 0 once it was given back.</summary>
    internal sealed class Entry
    {
        public long Bytes { get; set; }
    }

    internal readonly struct Scope(MemoryLedger ledger) : IDisposable
    {
        public void Dispose() => ledger.Close();
    }
}
