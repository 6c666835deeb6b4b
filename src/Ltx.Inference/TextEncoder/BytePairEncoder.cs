using Microsoft.ML.Tokenizers;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Byte-pair merges of a text of any length in time that grows with its length. The library's own cost grows with the square of it,
/// so a long text is encoded in windows that are joined only where the result is that of the whole.
/// </summary>
internal sealed class BytePairEncoder
{
    /// <summary>UTF-16 units that the library gets at once; beyond some thousands its time grows with the square (measured).</summary>
    internal const int Window = 1024;

    private readonly BpeTokenizer tokenizer;
    private readonly IReadOnlyList<string?> tokens;

    /// <param name="file">vocabulary and merges</param>
    /// <param name="tokens">text of every id</param>
    public BytePairEncoder(TokenizerFile file, IReadOnlyList<string?> tokens)
    {
        this.tokens = tokens;
        tokenizer = BpeTokenizer.Create(new BpeOptions(file.Vocabulary) { Merges = file.Merges });
    }

    /// <summary>Appends the ids of a text whose every character has a token.</summary>
    /// <param name="text">normalised text without added tokens</param>
    /// <param name="ids">appended to; nothing that was there before is changed</param>
    /// <param name="limit">ids after this many (of all in the list) may be missing</param>
    public void Encode(ReadOnlySpan<char> text, List<int> ids, int limit)
    {
        int first = ids.Count, window = Window, encoded = 0;
        while (encoded < text.Length)
        {
            // A join takes back a window's ids at most, so that those before the limit are final.
            if (ids.Count - limit >= 2 * window) return;
            int? end = Join(text, ids, first, encoded, window);
            window = end is null ? checked(window * 2) : Window;
            encoded = end ?? encoded;
        }
    }

    // Greedy merging of a whole gives the ids t1 ... tn exactly if it gives (ti, ti+1) for every pair of neighbours: as long as no merge
    // crosses a boundary, each side is merged as if it were alone, and the first merge to cross one would be the first in that pair, too.
    // So a window's ids may follow ids that are already there where their two neighbours stay apart. Where they do not, the last id is
    // taken back and the window begins earlier. Returns how far the text is encoded, or null where no such place was found.
    private int? Join(ReadOnlySpan<char> text, List<int> ids, int first, int encoded, int window)
    {
        int kept = ids.Count, begin = encoded;
        while (true)
        {
            int end = Boundary(text, Math.Min(text.Length, begin + window));
            // The window must bring something new.
            if (end <= encoded) return null;
            IReadOnlyList<int> next = Merge(text[begin..end]);
            if (kept == first || StayApart(ids[kept - 1], next[0]))
            {
                ids.RemoveRange(kept, ids.Count - kept);
                ids.AddRange(next);
                return end;
            }
            begin -= tokens[ids[--kept]]!.Length;
        }
    }

    private bool StayApart(int left, int right) => Merge(tokens[left] + tokens[right]) is [int l, int r] && l == left && r == right;

    private IReadOnlyList<int> Merge(ReadOnlySpan<char> text) => tokenizer.EncodeToIds(text, considerPreTokenization: false, considerNormalization: false);

    // Never between the halves of a surrogate pair.
    private static int Boundary(ReadOnlySpan<char> text, int at) => at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;
}
