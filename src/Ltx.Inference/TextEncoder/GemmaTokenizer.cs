using System.Buffers;
using System.Text;
using System.Text.Json;
using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Gemma's tokenizer, from its <c>tokenizer.json</c>. In this order: added tokens are cut out of the text as it is, spaces become
/// U+2581, characters without a token become their UTF-8 bytes, and the rest is merged. Safe to use from several threads.
/// Source of the prompt's form: ltx_core/text_encoders/gemma/tokenizer.py (400fd31).
/// </summary>
public sealed class GemmaTokenizer
{
    /// <summary>Length of an encoded prompt: TOKENIZER_MAX_LENGTH of ltx_core/text_encoders/gemma/gemma_assets.py (400fd31).</summary>
    public const int PromptLength = 1024;

    /// <summary>Its name in a folder with a text encoder.</summary>
    public const string FileName = "tokenizer.json";

    private const char WordBoundary = '\u2581';

    private readonly string?[] tokens;
    private readonly HashSet<int> special;
    private readonly AddedTokenTrie added;
    private readonly HashSet<Rune> characters;
    private readonly int[] bytes;
    private readonly BytePairEncoder merges;

    private GemmaTokenizer(TokenizerFile file, string bos, string pad, string path)
    {
        Dictionary<string, int> vocabulary = file.Vocabulary;
        List<int> ids = [.. vocabulary.Values, .. file.AddedTokens.Select(token => token.Id)];
        // Ids are dense but for what other models of the family leave out; a wild one must not become a huge table.
        if (ids.Min() < 0 || ids.Max() > 4 * ids.Count) throw new WeightsException($"{path} has the token id {(ids.Min() < 0 ? ids.Min() : ids.Max())}.");
        tokens = new string?[ids.Max() + 1];
        foreach ((string token, int id) in vocabulary) tokens[id] = token;
        foreach (AddedToken token in file.AddedTokens) tokens[token.Id] = token.Content;
        special = [.. file.AddedTokens.Where(token => token.Special).Select(token => token.Id)];
        added = new AddedTokenTrie(file.AddedTokens);
        characters = [.. vocabulary.Keys.Where(IsOneCharacter).Select(token => Rune.GetRuneAt(token, 0))];
        bytes = [.. Enumerable.Range(0, 256).Select(value => vocabulary[ByteTokens.Name(value)])];
        merges = new BytePairEncoder(file, tokens);
        int Id(string token) => Array.IndexOf(tokens, token) is >= 0 and int id ? id : throw new WeightsException($"{path} has no token \"{token}\".");
        Bos = Id(bos);
        Pad = Id(pad);
    }

    /// <summary>Id of the token that begins a text.</summary>
    public int Bos { get; }

    /// <summary>Id of the token that fills a prompt up.</summary>
    public int Pad { get; }

    /// <summary>One more than the highest id.</summary>
    public int Count => tokens.Length;

    /// <summary>The tokenizer of a model.</summary>
    /// <exception cref="WeightsException">A file is missing, not sound, or of another kind of tokenizer.</exception>
    public static GemmaTokenizer Open(ModelFolder model) => Open(model.Tokenizer ?? Path.Combine(model.TextEncoder, FileName));

    /// <param name="path">a <c>tokenizer.json</c>; the <c>tokenizer_config.json</c> beside it, if there is one, names the special tokens</param>
    /// <exception cref="WeightsException">A file is missing, not sound, or of another kind of tokenizer.</exception>
    public static GemmaTokenizer Open(string path)
    {
        TokenizerFile file = TokenizerFile.Read(path);
        (string bos, string pad) = ReadSpecialTokens(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "tokenizer_config.json"));
        return new GemmaTokenizer(file, bos, pad, path);
    }

    /// <summary>The ids of a text. Unpaired surrogates count as U+FFFD.</summary>
    /// <param name="text">any text</param>
    /// <param name="addBos">begins with <see cref="Bos"/>, whether or not the text does</param>
    public IReadOnlyList<int> Encode(string text, bool addBos) => Encode(text, addBos, int.MaxValue);

    /// <summary>The text of ids, without special tokens. Bytes that are no UTF-8 become one U+FFFD each; unknown ids nothing.</summary>
    public string Decode(IEnumerable<int> ids)
    {
        StringBuilder text = new();
        List<byte> pending = [];
        foreach (int id in ids)
        {
            if ((uint)id >= tokens.Length || tokens[id] is not { } token || special.Contains(id)) continue;
            if (ByteTokens.TryParse(token, out byte value))
            {
                pending.Add(value);
                continue;
            }
            AppendBytes(text, pending);
            text.Append(token.Replace(WordBoundary, ' '));
        }
        AppendBytes(text, pending);
        return text.ToString();
    }

    /// <summary>A prompt for the text encoder: stripped, begun with BOS, cut after <see cref="PromptLength"/> tokens, padded on the left.</summary>
    public PromptTokens EncodePrompt(string prompt)
    {
        List<int> ids = Encode(PythonText.Strip(prompt), addBos: true, PromptLength);
        int count = Math.Min(ids.Count, PromptLength), padding = PromptLength - count;
        PromptTokens result = new(new long[PromptLength], new long[PromptLength]);
        Array.Fill(result.Ids, Pad, 0, padding);
        Array.Fill(result.Mask, 1, padding, count);
        for (int i = 0; i < count; i++) result.Ids[padding + i] = ids[i];
        return result;
    }

    private List<int> Encode(string text, bool addBos, int limit)
    {
        List<int> ids = addBos ? [Bos] : [];
        StringBuilder piece = new();
        Span<byte> utf8 = stackalloc byte[4];
        for (int at = 0; at < text.Length && ids.Count < limit;)
        {
            if (added.Match(text.AsSpan(at)) is { } token)
            {
                Flush(piece, ids, limit);
                ids.Add(token.Id);
                at += token.Content.Length;
                continue;
            }
            // An unpaired surrogate is decoded as U+FFFD of length 1.
            Rune.DecodeFromUtf16(text.AsSpan(at), out Rune character, out int length);
            at += length;
            if (character.Value == ' ') character = new Rune(WordBoundary);
            if (characters.Contains(character))
            {
                piece.Append(character);
                continue;
            }
            Flush(piece, ids, limit);
            foreach (byte value in utf8[..character.EncodeToUtf8(utf8)]) ids.Add(bytes[value]);
        }
        Flush(piece, ids, limit);
        return ids;
    }

    private void Flush(StringBuilder piece, List<int> ids, int limit)
    {
        if (piece.Length > 0) merges.Encode(piece.ToString(), ids, limit);
        piece.Clear();
    }

    private static bool IsOneCharacter(string token) =>
        token.Length <= 2 && Rune.DecodeFromUtf16(token, out _, out int length) == OperationStatus.Done && length == token.Length;

    // As the ByteFallback decoder of huggingface/tokenizers does: a run of bytes is one text, or none of them is.
    private static void AppendBytes(StringBuilder text, List<byte> pending)
    {
        try
        {
            text.Append(StrictUtf8.GetString([.. pending]));
        }
        catch (DecoderFallbackException)
        {
            text.Append('\ufffd', pending.Count);
        }
        pending.Clear();
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Gemma's own names where the file does not say; without a padding token the reference pads with the one that ends a text.
    private static (string Bos, string Pad) ReadSpecialTokens(string path)
    {
        if (!File.Exists(path)) return ("<bos>", "<pad>");
        try
        {
            using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(path));
            string? Token(string key) => !config.RootElement.TryGetProperty(key, out JsonElement value) ? null : value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Object => value.GetProperty("content").GetString(),
                _ => null,
            };
            return (
                Token("bos_token") ?? throw new WeightsException($"{path} names no bos_token."),
                Token("pad_token") ?? Token("eos_token") ?? throw new WeightsException($"{path} names no pad_token."));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new WeightsException($"{path} is not a tokenizer's configuration: {JsonFault.Describe(e)}.", e);
        }
    }
}
