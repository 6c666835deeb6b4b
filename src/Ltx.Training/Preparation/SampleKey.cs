using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ltx.Inference.Latents;

namespace Ltx.Training.Preparation;

/// <summary>What prepared files are called: the SHA-256 of everything that decides what is in them.</summary>
internal static class SampleKey
{
    // Goes up when the same inputs are prepared to other numbers.
    private const string ClipForm = "ltx clip 1", ContextForm = "ltx context 1";

    /// <summary>What a clip is, whatever model it is prepared with.</summary>
    /// <param name="size">that it is brought to</param>
    /// <param name="time">that it is read in</param>
    /// <param name="target">hash of its file</param>
    /// <param name="mask">hash of its mask's; null where it has none</param>
    /// <param name="reference">hash of its reference's, and how much less there is of it; null where it has none</param>
    public static string Content(PixelShape size, ClipTime time, string target, string? mask, (string Hash, ReferenceScale Scale)? reference) =>
        Of(ClipForm, size, time, target, mask ?? "", reference?.Hash ?? "", reference?.Scale ?? ReferenceScale.One);

    /// <param name="models">what it is prepared with</param>
    /// <param name="content">what it is</param>
    public static string Clip(IPreparationModels models, string content) => Of(models.ClipIdentity, models.Type, models.Scale, content);

    public static string Context(IPreparationModels models, string caption) => Of(ContextForm, models.CaptionIdentity, models.Type, caption);

    /// <summary>What a whole data set is, in the order of its clips.</summary>
    public static string Data(IReadOnlyList<PreparedClip> clips) => Of([.. clips.SelectMany(clip => new[] { clip.Content, clip.Caption })]);

    /// <summary>The hash of a file's bytes.</summary>
    public static string OfFile(string path, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = file.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Each with its length in front, so that no two lists are one text.
    private static string Of(params ReadOnlySpan<object> parts)
    {
        StringBuilder text = new();
        foreach (object part in parts)
        {
            string value = Convert.ToString(part, CultureInfo.InvariantCulture)!;
            text.Append(CultureInfo.InvariantCulture, $"{value.Length} {value}\n");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
