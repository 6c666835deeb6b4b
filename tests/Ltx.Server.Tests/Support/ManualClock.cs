namespace Ltx.Server.Tests.Support;

/// <summary>Stands still until a test moves it: what ends in an hour ends when the test says so, however long the test takes.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private long _moved;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _moved);

    public override DateTimeOffset GetUtcNow() => _start.AddTicks(GetTimestamp());

    public void Move(TimeSpan by) => Interlocked.Add(ref _moved, by.Ticks);
}
