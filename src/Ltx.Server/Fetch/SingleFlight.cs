namespace Ltx.Server.Fetch;

/// <summary>One download for all who want the same LoRA at the same time. A waiter that leaves disturbs nobody; when the last one leaves, the work is cancelled.</summary>
internal sealed class SingleFlight
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Flight> flights = [];

    /// <summary><paramref name="start"/> runs once for all waiters; its pin is held until every waiter has one of its own or is gone.</summary>
    public async Task<PinnedLora> JoinAsync(string key, Func<CancellationToken, Task<PinnedLora>> start, CancellationToken ct)
    {
        Flight? flight;
        lock (gate)
        {
            if (!flights.TryGetValue(key, out flight))
            {
                Flight started = flight = flights[key] = new Flight();
                flight.Work = Task.Run(async () =>
                {
                    try
                    {
                        return await start(started.Cancellation.Token);
                    }
                    finally
                    {
                        // Who comes later starts anew: this outcome, a failure perhaps, is of the past.
                        Forget(key, started);
                    }
                }, CancellationToken.None);
            }
            flight.Waiters++;
        }
        try
        {
            return (await flight.Work.WaitAsync(ct)).Again();
        }
        finally
        {
            await LeaveAsync(key, flight);
        }
    }

    private async Task LeaveAsync(string key, Flight flight)
    {
        lock (gate)
        {
            if (--flight.Waiters > 0)
            {
                return;
            }
            // Under the same lock: nobody may join what is about to be cancelled.
            Forget(key, flight);
        }
        await flight.Cancellation.CancelAsync();
        // Its failure was every waiter's own; here only its end matters, after which nothing of it is left on the disk.
        await ((Task)flight.Work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (flight.Work.IsCompletedSuccessfully)
        {
            flight.Work.Result.Dispose();
        }
        flight.Cancellation.Dispose();
    }

    private void Forget(string key, Flight flight)
    {
        lock (gate)
        {
            if (flights.TryGetValue(key, out Flight? current) && current == flight)
            {
                flights.Remove(key);
            }
        }
    }

    private sealed class Flight
    {
        public CancellationTokenSource Cancellation { get; } = new();

        public Task<PinnedLora> Work { get; set; } = null!;

        public int Waiters { get; set; }
    }
}
