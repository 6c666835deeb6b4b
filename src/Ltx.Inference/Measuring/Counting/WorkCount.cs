using Ltx.Inference.Costs;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>What a piece of a request asks of the host and of a card.</summary>
/// <param name="Calls">operators that the host calls</param>
/// <param name="Kernels">that the card runs for them, alike ones together</param>
/// <param name="Uploads">tensors that are made of numbers of the host, each of which waits for the card</param>
internal sealed record WorkCount(double Calls, IReadOnlyDictionary<Kernel, double> Kernels, double Uploads) : IWork<WorkCount>
{
    /// <summary>Of which nothing is known but its operations.</summary>
    public static WorkCount Of(Operations work) => new(0, new Dictionary<Kernel, double>
    {
        [new Kernel("products", KernelClass.Product, KernelAccess.Library, 0, work with { Attention = 0 }, long.MaxValue)] = 1,
        [new Kernel("attention", KernelClass.Attention, KernelAccess.Library, 0, work with { Products = 0 }, long.MaxValue)] = 1,
    }, 0);

    public double KernelCount => Kernels.Values.Sum();

    public double Bytes => Kernels.Sum(kernel => kernel.Key.Bytes * kernel.Value);

    public Operations Work => Kernels.Aggregate(default(Operations), (sum, kernel) => sum + kernel.Value * kernel.Key.Work);

    /// <summary>Bytes of one class.</summary>
    public double BytesOf(KernelClass kind) => Kernels.Where(kernel => kernel.Key.Class == kind).Sum(kernel => kernel.Key.Bytes * kernel.Value);

    public static WorkCount operator +(WorkCount a, WorkCount b)
    {
        Dictionary<Kernel, double> kernels = new(a.Kernels);
        foreach ((Kernel kernel, double times) in b.Kernels) kernels[kernel] = kernels.GetValueOrDefault(kernel) + times;
        return new WorkCount(a.Calls + b.Calls, kernels, a.Uploads + b.Uploads);
    }

    public static WorkCount operator -(WorkCount a, WorkCount b)
    {
        WorkCount difference = a + -1 * b;
        return difference with { Kernels = difference.Kernels.Where(kernel => kernel.Value != 0).ToDictionary() };
    }

    public static WorkCount operator *(double times, WorkCount each) =>
        new(times * each.Calls, each.Kernels.ToDictionary(kernel => kernel.Key, kernel => times * kernel.Value), times * each.Uploads);
}
