using System.Text;
using System.Text.Json;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.TextEncoder;

// Alone: one of them measures the process.
[Collection(Alone.Name)]
public class GemmaTokenizerTests
{
    private static readonly string MiniatureFile = Path.Combine(Repository.Goldens, "model", "gemma-tiny", GemmaTokenizer.FileName);
    private static readonly Lazy<GemmaTokenizer> Miniature = new(() => GemmaTokenizer.Open(MiniatureFile));

    [Fact]
    public void Long_texts_are_merged_as_by_the_plain_algorithm()
    {
        PlainMerges plain = new(MiniatureFile);
        Random random = new(1);
        foreach (string alphabet in (string[])["a", "ab", "\u2581", "the \u2581", "masked region with "])
        {
            // Above the window's length, so that windows are joined.
            string text = string.Concat(Enumerable.Range(0, 2 * BytePairEncoder.Window + random.Next(400)).Select(_ => alphabet[random.Next(alphabet.Length)])).Replace(' ', '\u2581');
            Assert.Equal(plain.Encode(text), Miniature.Value.Encode(text, addBos: false));
        }
    }

    [Fact]
    public void Added_tokens_are_cut_out_of_the_text_wherever_they_are()
    {
        GemmaTokenizer tokenizer = Miniature.Value;
        Assert.Equal([tokenizer.Bos, tokenizer.Bos], tokenizer.Encode("<bos>", addBos: true));
        IReadOnlyList<int> ids = tokenizer.Encode("a<start_of_turn><end_of_turn>a", addBos: false);
        Assert.Equal([ids[0], 5, 6, ids[0]], ids);
        Assert.Equal("aa", tokenizer.Decode(ids));
        Assert.DoesNotContain(5, tokenizer.Encode("<start_of_tur", addBos: false));
    }

    [Fact]
    public void Characters_without_a_token_become_bytes_and_come_back()
    {
        const string Text = "\U0001F3AC \u65E5\u672C a\u0000b";
        Assert.Equal(Text, Miniature.Value.Decode(Miniature.Value.Encode(Text, addBos: true)));
    }

    [Fact]
    public void Bytes_that_are_no_text_become_one_replacement_each()
    {
        int first = Miniature.Value.Encode("\u0000", addBos: false)[0];
        Assert.Equal("\ufffd\ufffd\ufffd", Miniature.Value.Decode([first + 0xE6, first + 0x97, first + 0xF0]));
        Assert.Equal("\u65e5", Miniature.Value.Decode([first + 0xE6, first + 0x97, first + 0xA5]));
        Assert.Equal("", Miniature.Value.Decode([-1, int.MaxValue]));
    }

    [Fact]
    public void Unpaired_surrogates_count_as_the_replacement_character()
    {
        GemmaTokenizer tokenizer = Miniature.Value;
        Assert.Equal(tokenizer.Encode("a\ufffdb\ufffd", addBos: true), tokenizer.Encode("a\ud83cb\udf88", addBos: true));
    }

    [Fact]
    public void A_prompt_is_stripped_padded_on_the_left_and_cut()
    {
        GemmaTokenizer tokenizer = Miniature.Value;
        PromptTokens prompt = tokenizer.EncodePrompt("\u001c \u00a0a\n\u001f");
        Assert.Equal([tokenizer.Pad, tokenizer.Bos, tokenizer.Encode("a", addBos: false)[0]], prompt.Ids[^3..]);
        Assert.Equal(2, prompt.Mask.Sum());
        Assert.Equal([0, 1, 1], prompt.Mask[^3..]);
        Assert.Equal(tokenizer.Bos, tokenizer.EncodePrompt("").Ids[^1]);

        string text = string.Concat(Enumerable.Repeat("red ball ", 3000)) + "end";
        PromptTokens cut = tokenizer.EncodePrompt(text);
        Assert.Equal(GemmaTokenizer.PromptLength, cut.Mask.Sum());
        Assert.Equal(tokenizer.Encode(text, addBos: true).Take(GemmaTokenizer.PromptLength).Select(id => (long)id), cut.Ids);
    }

    [Fact]
    public void Another_kind_of_tokenizer_is_refused()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, File.ReadAllText(MiniatureFile).Replace("\"byte_fallback\": true", "\"byte_fallback\": false", StringComparison.Ordinal).Replace("\"byte_fallback\":true", "\"byte_fallback\":false", StringComparison.Ordinal));
            Assert.Contains("byte fallback", Assert.Throws<WeightsException>(() => GemmaTokenizer.Open(file)).Message, StringComparison.Ordinal);
            File.WriteAllText(file, "[]");
            Assert.Throws<WeightsException>(() => GemmaTokenizer.Open(file));
            Assert.Throws<WeightsException>(() => GemmaTokenizer.Open(file + ".missing"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\u0001")]
    [InlineData("<")]
    [InlineData("<start_of_")]
    [InlineData("\ud800")]
    [InlineData("\n\n")]
    public void A_megabyte_of_one_thing_is_encoded_in_time_that_grows_with_its_length(string unit)
    {
        static string Text(string unit, int length) => string.Concat(Enumerable.Repeat(unit, length / unit.Length));
        string text = Text(unit, 1_000_000);
        Assert.Equal(text.Replace('\ud800', '\ufffd'), Miniature.Value.Decode(Miniature.Value.Encode(text, addBos: false)));
        // Sixteen times the text takes sixteen times the time; what grows with the square takes 256 times as long.
        string part = Text(unit, 62_500);
        TimeSpan one = ProcessorTime.Least(() => Miniature.Value.Encode(part, addBos: false)), many = ProcessorTime.Least(() => Miniature.Value.Encode(text, addBos: false));
        Assert.True(many < 64 * one, $"62,500 characters in {one}, 1,000,000 in {many}");
    }

    /// <summary>Byte-pair merging as it is defined: the best pair, of equal ones the leftmost, until there is none.</summary>
    private sealed class PlainMerges
    {
        private readonly Dictionary<string, int> vocabulary;
        private readonly Dictionary<(string, string), int> ranks = [];

        public PlainMerges(string file)
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement model = document.RootElement.GetProperty("model");
            vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(e => e.Name, e => e.Value.GetInt32());
            foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray()) ranks.Add((merge[0].GetString()!, merge[1].GetString()!), ranks.Count);
        }

        public List<int> Encode(string text)
        {
            List<string> parts = [.. text.EnumerateRunes().Select(rune => rune.ToString())];
            while (true)
            {
                int best = -1, bestRank = int.MaxValue;
                for (int i = 0; i + 1 < parts.Count; i++)
                {
                    if (ranks.TryGetValue((parts[i], parts[i + 1]), out int rank) && rank < bestRank) (best, bestRank) = (i, rank);
                }
                if (best < 0) return [.. parts.Select(part => vocabulary[part])];
                parts[best] += parts[best + 1];
                parts.RemoveAt(best + 1);
            }
        }
    }
}
