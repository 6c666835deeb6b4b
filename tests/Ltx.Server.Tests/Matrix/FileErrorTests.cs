using System.Text.Json;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Whatever is wrong with a file: fal's type at the file's field, the bound or the formats in ctx, and a sentence that helps; before the model works.</summary>
[Collection(MatrixTests.Name)]
public sealed class FileErrorTests(RealServer real)
{
    private const string Download = "Failed to download the file. Please check if the URL is accessible and try again.", Formats = "\"supported_formats\":[\".mp4\",\".mov\"";

    /// <param name="Path">makes the file, or gives a URL</param>
    /// <param name="Context">words of ctx; empty for none</param>
    /// <param name="Says">words of the message</param>
    /// <param name="Log">words of a line of the request's log, where that says more</param>
    internal sealed record Row(string Field, Func<RealServer, string> Path, string Type, string Context, string Says, string Log = "");

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["source: no server there"] = new("video_url", _ => "http://127.0.0.1:9/a.mp4", "file_download_error", "", Download, "Could not fetch http://127.0.0.1:9/a.mp4"),
        ["source: outside the allowed folders"] = new("video_url", _ => "file:///etc/hostname", "file_download_error", "", Download, "there is no such file below the folders that are allowed"),
        ["source: empty data"] = new("video_url", _ => "data:video/mp4;base64,", "file_download_error", "", Download, "the file is empty"),
        ["source: broken base64"] = new("video_url", _ => "data:video/mp4;base64,!!!!", "file_download_error", "", Download),
        ["source: too many bytes"] = new("video_url", real => real.Folder.Bytes("large.mp4", new byte[RealServer.MaxVideoBytes + 1]), "file_too_large", $"\"max_size\":{RealServer.MaxVideoBytes}", $"File size exceeds the maximum allowed size of {RealServer.MaxVideoBytes} bytes.", $"is larger than the {RealServer.MaxVideoBytes} bytes"),
        ["source: too many bytes inline"] = new("video_url", _ => "data:video/mp4;base64," + Convert.ToBase64String(new byte[RealServer.MaxVideoBytes + 1]), "file_too_large", $"\"max_size\":{RealServer.MaxVideoBytes}", "File size exceeds", $"is larger than the {RealServer.MaxVideoBytes} bytes"),
        ["source: a web page"] = new("video_url", real => real.Folder.Text("page.mp4", "<!DOCTYPE html><html></html>"), "unsupported_video_format", Formats, "is not a video or picture of a known format; send it as MP4"),
        ["source: a picture"] = new("video_url", real => TestMedia.StillMask(real.Folder), "unsupported_video_format", Formats, "is a still image, and a video is needed"),
        ["source: only sound"] = new("video_url", real => TestMedia.Make(real.Folder, "sound.m4a", "-f", "lavfi", "-i", "sine=d=1"), "unsupported_video_format", Formats, "has sound but no picture"),
        ["source: cut off"] = new("video_url", real => CutOff(real.Folder, TestMedia.Video(real.Folder, "whole.mp4", frames: 24, more: ["-movflags", "+faststart"]), 0.25), "unsupported_video_format", Formats, "is damaged or incomplete"),
        ["source: too small"] = new("video_url", real => TestMedia.Video(real.Folder, "tiny.mp4", width: 62, height: 80), "image_too_small", "\"min_height\":64,\"min_width\":64", "is 62x80 pixels, and at least 64 pixels on each side are needed"),
        ["mask: too large"] = new("mask_video_url", real => TestMedia.Make(real.Folder, "giant.png", "-f", "lavfi", "-i", "color=black:s=8200x8200,format=gray", "-frames:v", "1"), "image_too_large", "\"max_height\":8192,\"max_width\":8192", "The mask has pictures of more than 67108864 pixels, and no larger ones are allowed."),
        ["source: broken sound"] = new("video_url", BrokenSound, "unsupported_video_format", Formats, "The sound of the source video is damaged or of an unknown kind; repair or re-encode it, or ask for a result without sound."),
        ["mask: no server there"] = new("mask_video_url", _ => "http://127.0.0.1:9/a.png", "file_download_error", "", Download),
        ["mask: a text"] = new("mask_video_url", real => real.Folder.Text("mask.png", "white on black"), "unsupported_video_format", "\".png\"", "The mask is not a video or picture of a known format"),
        ["mask: a picture that was cut off"] = new("mask_video_url", real => CutOff(real.Folder, TestMedia.Make(real.Folder, "noise.png", "-f", "lavfi", "-i", "testsrc2=s=128x128", "-frames:v", "1"), 0.5), "image_load_error", "", "The mask has no picture that can be decoded."),
        ["mask: drawn in its transparency"] = new("mask_video_url", real => TestMedia.Make(real.Folder, "alpha.png", "-f", "lavfi", "-i", "color=white:s=128x96,format=rgba,geq=r=255:g=255:b=255:a='if(gt(X,64),255,0)'", "-frames:v", "1"), "value_error", "", "draw white on black instead"),
        ["mask: red"] = new("mask_video_url", real => TestMedia.Make(real.Folder, "red.png", "-f", "lavfi", "-i", "color=black:s=128x96,format=rgb24,drawbox=8:8:40:40:red:fill", "-frames:v", "1"), "value_error", "", "has no white pixel; its brightest value is 255 of 255, in the colour (255, 0, 0)"),
        ["source: too wide to be written"] = new("video_url", real => TestMedia.Make(real.Folder, "wide.mkv", "-f", "lavfi", "-i", "testsrc2=s=16640x64:r=24:d=0.1", "-c:v", "ffv1"), "image_too_large", "\"max_height\":16384,\"max_width\":16384", "is 16640x64 pixels, and at most 16384 pixels on a side can be written"),
        ["LoRA: no server there"] = new("loras", _ => "http://127.0.0.1:9/a.safetensors", "file_download_error", "", Download),
        ["LoRA: a web page"] = new("loras", real => real.Folder.Text("page.safetensors", "<!DOCTYPE html><html></html>"), "value_error", "", "it is no safetensors file or a damaged one"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_file_that_cannot_be_used_is_told_in_fals_form(string name)
    {
        Row row = Rows[name];
        string path = row.Path(real), url = Path.IsPathRooted(path) ? RealServer.Url(path) : path;

        Ended ended = await real.SendAsync((row.Field, row.Field == "loras" ? new[] { new { path = url } } : url));

        Assert.Equal((422, "application/json"), (ended.Answer.Status, ended.Answer.Header("content-type")));
        Assert.Equal(("0", "false", "0"), (ended.Answer.Header("x-fal-billable-units"), ended.Answer.Header("x-fal-retryable"), ended.Answer.Header("x-fal-needs-retry")));
        JsonElement detail = ended.Answer.Detail;
        Assert.Equal(row.Type, detail.GetProperty("type").GetString());
        Assert.Equal($"https://docs.fal.ai/errors#{row.Type}", detail.GetProperty("url").GetString());
        Assert.Equal(row.Field == "loras" ? "[\"body\",\"loras\",0,\"path\"]" : $"[\"body\",\"{row.Field}\"]", detail.GetProperty("loc").GetRawText());
        Assert.Contains(row.Says, detail.GetProperty("msg").GetString(), StringComparison.Ordinal);
        string[] keys = row.Context.Length == 0 ? ["loc", "msg", "type", "url", "input"] : ["loc", "msg", "type", "url", "ctx", "input"];
        Assert.Equal(keys, detail.EnumerateObject().Select(property => property.Name));
        if (row.Context.Length > 0) Assert.Contains(row.Context, detail.GetProperty("ctx").GetRawText(), StringComparison.Ordinal);
        Assert.Contains(ended.Logs, line => line.Contains(row.Log.Length > 0 ? row.Log : row.Says == Download ? "Could not fetch" : row.Says, StringComparison.Ordinal));
        // Nobody is told where the server keeps its files.
        Assert.DoesNotContain(real.Server.Options.Server.Data, ended.Answer.Body + string.Concat(ended.Logs), StringComparison.Ordinal);
        Assert.DoesNotContain(ended.Logs, line => line.StartsWith("Stage 1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Broken_sound_does_not_matter_where_none_is_wanted()
    {
        string source = BrokenSound(real);
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(real.Clips.Black)), ("generate_audio", false));
        made.HasShape(MatrixClips.Width, MatrixClips.Height, MatrixClips.Frames, "24/1", sound: false);
        await made.KeepsAsync(source, real.Clips.Black);
        Assert.Contains("The sound of the source video cannot be decoded, so the model does without it.", made.Logs);
    }

    // FLAC: each of its frames has a checksum.
    private static string BrokenSound(RealServer real)
    {
        string whole = real.Clips.Make("flac.mkv", MatrixClips.Width, MatrixClips.Height, "24", 12, MatrixClips.Sound(48000), "-c:a", "flac");
        byte[] bytes = File.ReadAllBytes(whole);
        string name = "broken-sound.mkv";
        // Zeros over every packet's middle: the container stays sound, and so does the picture.
        foreach ((int start, int length) in Packets(whole)) bytes.AsSpan(start + length / 2, Math.Min(40, length / 4)).Clear();
        return real.Folder.Bytes(name, bytes);
    }

    private static IEnumerable<(int Start, int Length)> Packets(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        foreach (string line in TestMedia.Run("ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries", "packet=pos,size", "-of", "csv=p=0", path).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = line.Split(',');
            int size = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), at = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
            if (at + size < file.Length) yield return (at, size);
        }
    }

    private static string CutOff(TestFolder folder, string path, double part)
    {
        byte[] whole = File.ReadAllBytes(path);
        return folder.Bytes("cut-" + Path.GetFileName(path), whole.AsSpan(..(int)(whole.Length * part)));
    }
}
