using System.Net;
using System.Net.Sockets;
using Ltx.Server.Auth;
using Ltx.Server.Fal;

namespace Ltx.Server.Http;

/// <summary>
/// Turns at what costs memory or disk: a few at a time, and never all of them to one caller, so that whoever is slow, or means harm, keeps nobody
/// waiting but himself. Waiting has an end.
/// </summary>
/// <param name="count">Turns at a time.</param>
/// <param name="patience">How long one is waited for.</param>
/// <param name="busy">What is said then.</param>
internal sealed class Turns(int count, TimeSpan patience, string busy)
{
    private readonly int _mostOfOne = MostOfOne(count);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> _waiting = [];
    private int _free = count;

    /// <summary>Who counts as one caller: a key, or without one an address (of IPv6 the network of one house).</summary>
    public static string WhoCalls(HttpContext context, string? owner = null) =>
        (owner ?? Caller.Of(context).Owner) is { Length: > 0 } key ? "key " + key : WhoCalls(context.Connection.RemoteIpAddress);

    /// <inheritdoc cref="WhoCalls(HttpContext, string?)"/>
    public static string WhoCalls(IPAddress? address)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is { AddressFamily: AddressFamily.InterNetworkV6 } ? "network " + Convert.ToHexStringLower(plain.GetAddressBytes().AsSpan(0, 8)) : $"address {plain}";
    }

    /// <summary>All but a quarter, and all but one at least; the only one, where there are no more.</summary>
    public static int MostOfOne(int count) => Math.Max(1, count - Math.Max(1, count / 4));

    /// <summary>A turn, which ends when it is disposed.</summary>
    /// <exception cref="BusyException">None came in time.</exception>
    public async Task<IDisposable> EnterAsync(string who, CancellationToken ct)
    {
        LinkedListNode<Waiter> waiter;
        lock (_gate)
        {
            if (_free > 0 && MayHave(who))
            {
                return Give(who);
            }

            waiter = _waiting.AddLast(new Waiter(who));
        }

        try
        {
            return await waiter.Value.Turn.Task.WaitAsync(patience, ct);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (waiter.List is not null)
                {
                    _waiting.Remove(waiter);
                }
                else if (e is TimeoutException)
                {
                    return waiter.Value.Turn.Task.Result; // it came at the last moment
                }
                else
                {
                    waiter.Value.Turn.Task.Result.Dispose();
                }
            }

            throw e is TimeoutException ? new BusyException(busy, retryAfter: Math.Max(1, (int)Math.Ceiling(patience.TotalSeconds / 4))) : e;
        }
    }

    private bool MayHave(string who) => _held.GetValueOrDefault(who) < _mostOfOne;

    /// <summary>Call under the lock.</summary>
    private Turn Give(string who)
    {
        _free--;
        _held[who] = _held.GetValueOrDefault(who) + 1;
        return new Turn(this, who);
    }

    private void Leave(string who)
    {
        lock (_gate)
        {
            _free++;
            if (--_held[who] == 0)
            {
                _held.Remove(who);
            }

            for (var node = _waiting.First; node is not null && _free > 0;)
            {
                var (waiter, next) = (node.Value, node.Next);
                if (MayHave(waiter.Who))
                {
                    _waiting.Remove(node);
                    waiter.Turn.SetResult(Give(waiter.Who));
                }

                node = next;
            }
        }
    }

    private sealed class Waiter(string who)
    {
        public string Who => who;

        public TaskCompletionSource<IDisposable> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Turn(Turns turns, string who) : IDisposable
    {
        private Turns? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Leave(who);
    }
}

/// <summary>No turn came in time: 503, and when to come back.</summary>
/// <param name="message">for the client</param>
/// <param name="retryAfter">seconds</param>
internal sealed class BusyException(string message, int retryAfter) : Exception(message), IFalAnswer
{
    public FalError Answer => FalError.Plain(503, Message) with { RetryAfter = retryAfter };
}
