using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Ltx.Server.Fetch;

namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>A name server under the test's control. Several answers for one name are given one after the other, the last for ever: rebinding.</summary>
internal sealed class FakeResolver : IHostResolver
{
    private readonly Dictionary<string, string[][]> answers = [];
    private readonly ConcurrentDictionary<string, int> asked = [];

    public FakeResolver Add(string host, params string[][] sequence)
    {
        answers[host] = sequence;
        return this;
    }

    public int Asked(string host) => asked.GetValueOrDefault(host);

    public Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken ct)
    {
        int time = asked.AddOrUpdate(host, 1, (_, n) => n + 1);
        if (!answers.TryGetValue(host, out string[][]? sequence))
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
        return Task.FromResult<IReadOnlyList<IPAddress>>([.. sequence[Math.Min(time, sequence.Length) - 1].Select(IPAddress.Parse)]);
    }
}
