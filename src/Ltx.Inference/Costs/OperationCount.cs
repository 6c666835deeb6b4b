namespace Ltx.Inference.Costs;

/// <summary>Adds up the operations of a walk. What is the same many times over is walked once.</summary>
internal sealed class OperationCount
{
    private double times = 1;

    public Operations Sum { get; private set; }

    public void Add(Operations operations) => Sum += times * operations;

    /// <summary>From here to its disposal everything counts so many times.</summary>
    public Repetition Times(double count)
    {
        Repetition repetition = new(this, times);
        times *= count;
        return repetition;
    }

    internal readonly struct Repetition(OperationCount count, double before) : IDisposable
    {
        public void Dispose() => count.times = before;
    }
}
