using System.Text.Json;
using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// What a <c>tokenizer.json</c> holds. Everything in it that decides about ids and is not built here is refused, so that no other
/// tokenizer is taken for Gemma's.
/// </summary>
internal sealed class TokenizerFile
{
    private const string WordBoundary = "\u2581";

    private readonly string path;

    private TokenizerFile(string path) => this.path = path;

    /// <summary>Tokens and their ids, without the added ones.</summary>
    public Dictionary<string, int> Vocabulary { get; } = new(300_000, StringComparer.Ordinal);

    /// <summary>Pairs of tokens, separated by a space, best first.</summary>
    public List<string> Merges { get; } = new(600_000);

    /// <summary>Tokens that are cut out of a text before anything else.</summary>
    public List<AddedToken> AddedTokens { get; } = [];

    /// <exception cref="WeightsException">The file is missing, not sound, or of another kind of tokenizer.</exception>
    public static TokenizerFile Read(string path)
    {
        TokenizerFile file = new(path);
        try
        {
            file.ReadDocument(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new WeightsException($"{path} is not a tokenizer: {JsonFault.Describe(e)}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WeightsException($"{path} cannot be read: {e.Message}", e);
        }
        return file;
    }

    // A reader instead of a document: the real file is 33 MB, nearly all of it vocabulary and merges.
    private void ReadDocument(ReadOnlySpan<byte> utf8)
    {
        Utf8JsonReader reader = new(utf8);
        bool hasModel = false;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (key == "model")
            {
                ReadModel(ref reader);
                hasModel = true;
                continue;
            }
            using JsonDocument value = JsonDocument.ParseValue(ref reader);
            CheckSection(key, value.RootElement);
        }
        Insist(hasModel, "it has no model");
        for (int value = 0; value < 256; value++) Insist(Vocabulary.ContainsKey(ByteTokens.Name(value)), $"it has no token {ByteTokens.Name(value)}");
    }

    private void CheckSection(string key, JsonElement value)
    {
        switch (key)
        {
            case "added_tokens":
                foreach (JsonElement token in value.EnumerateArray()) ReadAddedToken(token);
                break;
            case "normalizer":
                Insist(
                    value.GetProperty("type").GetString() == "Replace" && Pattern(value) == " " && value.GetProperty("content").GetString() == WordBoundary,
                    "its normalizer does something else than to replace spaces");
                break;
            case "pre_tokenizer":
                // The normalizer leaves no space, so that a split at spaces splits nothing.
                Insist(
                    value.ValueKind == JsonValueKind.Null || (value.GetProperty("type").GetString() == "Split" && Pattern(value) == " "),
                    "its pre-tokenizer does something else than to split at spaces");
                break;
        }
    }

    private static string? Pattern(JsonElement section) => section.GetProperty("pattern").TryGetProperty("String", out JsonElement text) ? text.GetString() : null;

    private void ReadAddedToken(JsonElement token)
    {
        string content = token.GetProperty("content").GetString()!;
        foreach (string flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"])
        {
            Insist(!token.TryGetProperty(flag, out JsonElement value) || !value.GetBoolean(), $"its token \"{content}\" sets {flag}");
        }
        Insist(content.Length > 0, "it has an empty token");
        AddedTokens.Add(new AddedToken(content, token.GetProperty("id").GetInt32(), token.GetProperty("special").GetBoolean()));
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "vocab":
                    ReadVocabulary(ref reader);
                    break;
                case "merges":
                    ReadMerges(ref reader);
                    break;
                case "type":
                    Insist(reader.GetString() == "BPE", "its model is not BPE");
                    break;
                case "byte_fallback":
                    Insist(reader.GetBoolean(), "it has no byte fallback");
                    break;
                case "ignore_merges":
                    Insist(!reader.GetBoolean(), "it ignores merges");
                    break;
                case "dropout" or "continuing_subword_prefix" or "end_of_word_suffix":
                    Insist(reader.TokenType == JsonTokenType.Null, $"it has a {key}");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string token = reader.GetString()!;
            reader.Read();
            Vocabulary[token] = reader.GetInt32();
        }
    }

    // Written as ["a", "b"] or, by older versions, as "a b".
    private void ReadMerges(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                AddMerge(reader.GetString()!.Split(' '));
                continue;
            }
            reader.Read();
            string left = reader.GetString()!;
            reader.Read();
            AddMerge([left, reader.GetString()!]);
            reader.Read();
        }
    }

    private void AddMerge(ReadOnlySpan<string> pair)
    {
        Insist(pair.Length == 2 && !pair[0].Contains(' ') && !pair[1].Contains(' '), "it has a merge with a space in it");
        // Characters that fall back to bytes are cut out of the text before the merges: they must have none.
        Insist(!ByteTokens.TryParse(pair[0], out _) && !ByteTokens.TryParse(pair[1], out _), "it merges bytes");
        Merges.Add($"{pair[0]} {pair[1]}");
    }

    private void Insist(bool condition, string otherwise)
    {
        if (!condition) throw new WeightsException($"{path} is not a tokenizer that is built here: {otherwise}.");
    }
}
