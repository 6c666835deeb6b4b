namespace Ltx.Inference.Planning;

/// <summary>
/// Host memory that a model being loaded is going to take: another worker of this process that plans meanwhile must not count on it. To be
/// disposed once it is taken.
/// </summary>
internal sealed class HostClaim : IDisposable
{
    private static readonly Lock Gate = new();
    private static long claimed;

    private long bytes;

    private HostClaim(PristinePlan plan, long bytes) => (Plan, this.bytes) = (plan, bytes);

    public PristinePlan Plan { get; }

    /// <param name="available">what the host has left, without what is claimed here</param>
    /// <param name="choose">plans with what is left then</param>
    /// <param name="beside">bytes that are taken in any case</param>
    public static HostClaim Make(Func<long> available, Func<long, PristinePlan> choose, long beside)
    {
        lock (Gate)
        {
            PristinePlan plan = choose(Math.Max(0, available() - claimed));
            claimed += plan.Bytes + beside;
            return new HostClaim(plan, plan.Bytes + beside);
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            claimed -= bytes;
            bytes = 0;
        }
    }
}
