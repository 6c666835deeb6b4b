namespace Ltx.Inference.TextEncoder;

/// <summary>Finds added tokens in a text: the leftmost, and of those that begin there the longest.</summary>
internal sealed class AddedTokenTrie
{
    private const int Root = 0;

    private readonly Dictionary<(int Node, char Next), int> edges = [];
    private readonly List<AddedToken?> ends = [null];

    public AddedTokenTrie(IEnumerable<AddedToken> tokens)
    {
        foreach (AddedToken token in tokens)
        {
            int node = Root;
            foreach (char next in token.Content)
            {
                if (!edges.TryGetValue((node, next), out int child))
                {
                    child = ends.Count;
                    ends.Add(null);
                    edges.Add((node, next), child);
                }
                node = child;
            }
            ends[node] = token;
        }
    }

    /// <summary>The longest added token that <paramref name="text"/> begins with, or null.</summary>
    public AddedToken? Match(ReadOnlySpan<char> text)
    {
        AddedToken? longest = null;
        int node = Root;
        foreach (char next in text)
        {
            if (!edges.TryGetValue((node, next), out node)) break;
            longest = ends[node] ?? longest;
        }
        return longest;
    }
}
