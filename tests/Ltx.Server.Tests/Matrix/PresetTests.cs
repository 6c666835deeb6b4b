using System.Diagnostics;
using System.Text;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Media;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>All twelve combinations of quality and write mode over the beginnings of two scenes, one behind the other: their sizes, their frames, and a real browser that plays them.</summary>
public sealed class PresetTests(ITestOutputHelper output)
{
    private static readonly VideoQuality[] Qualities = [VideoQuality.Low, VideoQuality.Medium, VideoQuality.High, VideoQuality.Maximum];
    private static readonly WriteMode[] Modes = [WriteMode.Fast, WriteMode.Balanced, WriteMode.Small];

    // In players and on paper a file begins with its first frame and ends with its last.
    private const double LeastPsnr = 30;

    [Fact]
    public async Task Sizes_are_in_order_every_frame_is_there_and_a_browser_plays_all_twelve()
    {
        using TestFolder folder = new();
        List<byte[]> clip = [.. (await Scene.ReadAsync(2)).SelectMany(scene => scene.Target.Take(13))];
        FrameSize size = new(Scene.Width, Scene.Height);
        Dictionary<(VideoQuality, WriteMode), long> totals = [];
        foreach (VideoQuality quality in Qualities)
        {
            foreach (WriteMode mode in Modes)
            {
                string file = folder.Named($"{quality}-{mode}.mp4");
                VideoWriteOptions options = new() { Size = size, FramesPerSecond = new FrameRate(24, 1), FrameCount = clip.Count, Quality = quality, Mode = mode };
                await VideoWriter.WriteAsync(file, options, clip.ToAsyncEnumerable().Select(frame => (ReadOnlyMemory<byte>)frame), Tone(clip.Count), TestContext.Current.CancellationToken);
                totals[(quality, mode)] = new FileInfo(file).Length;
                // What ffprobe counts in such a file, and its rate: VideoWriterTests; here a browser has a word in it, below.
                List<byte[]> frames = await TestMedia.FramesAsync(file);
                Assert.Equal(clip.Count, frames.Count);
                foreach (Index end in new Index[] { 0, ^1 }) Assert.InRange(Psnr(frames[end], clip[end]), LeastPsnr, 99);
            }
        }

        foreach (((VideoQuality quality, WriteMode mode), long bytes) in totals) output.WriteLine($"{quality} {mode}: {bytes} bytes");
        foreach (VideoQuality quality in Qualities) AssertFalling(Modes.Select(mode => totals[(quality, mode)]), $"fast, balanced, small at {quality}");
        foreach (WriteMode mode in Modes) AssertFalling(Qualities.Reverse().Select(quality => totals[(quality, mode)]), $"maximum, high, medium, low at {mode}");

        string[] files = [.. Qualities.SelectMany(quality => Modes.Select(mode => $"{quality}-{mode}.mp4"))];
        string[] played = await PlayAsync(folder, files);
        Assert.Equal(files.Select(file => $"{file} {Scene.Width}x{Scene.Height} {clip.Count / 24.0:0.00} ended"), played);
    }

    private static void AssertFalling(IEnumerable<long> sizes, string what)
    {
        long[] all = [.. sizes];
        Assert.True(all.Zip(all.Skip(1)).All(pair => pair.First > pair.Second), $"The sizes for {what} are {string.Join(", ", all)}.");
    }

    private static double Psnr(byte[] a, byte[] b) => 10 * Math.Log10(255.0 * 255 / Math.Max(1e-9, a.Zip(b).Average(pair => (double)(pair.First - pair.Second) * (pair.First - pair.Second))));

    private static AudioClip Tone(int frames)
    {
        float[] tone = [.. Enumerable.Range(0, (int)new FrameRate(24, 1).SamplesIn(frames, 48000)).Select(i => 0.3f * MathF.Sin(i * 0.05f))];
        return new AudioClip([tone, tone], 48000);
    }

    /// <summary>Has Chromium play each file to its end, sound and all, and returns what its page says.</summary>
    private static async Task<string[]> PlayAsync(TestFolder folder, string[] files)
    {
        const string Page = """
            <!DOCTYPE html><meta charset="utf-8"><body>
            <script>
              const files = FILES;
              const play = file => new Promise(resolve => {
                const video = document.createElement('video');
                video.muted = true;
                document.body.append(video);
                const ends = how => resolve(`${file} ${video.videoWidth}x${video.videoHeight} ${video.duration.toFixed(2)} ${how}\n`);
                video.onended = () => ends('ended');
                video.onerror = () => ends(video.error.message);
                video.src = file;
                video.play().catch(() => {});
              });
              Promise.all(files.map(play)).then(said => fetch('TOLD', { method: 'POST', mode: 'no-cors', body: said.join('') }));
            </script>
            """;
        // The page tells a socket of ours when it is done, so that nothing is waited for by the clock.
        await using WebhookReceiver told = await WebhookReceiver.StartAsync();
        string page = folder.Text("page.html", Page.Replace("FILES", System.Text.Json.JsonSerializer.Serialize(files), StringComparison.Ordinal).Replace("TOLD", told.Url, StringComparison.Ordinal));
        ProcessStartInfo start = new("chromium",
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required", "--disable-features=LocalNetworkAccessChecks,PrivateNetworkAccessRespectPreflightResults",
            $"--user-data-dir={folder.Folder("profile")}", "--remote-debugging-port=0", new Uri(page).AbsoluteUri,
        ])
        { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process browser = Process.Start(start)!;
        StringBuilder words = new();
        browser.ErrorDataReceived += (_, line) => words.AppendLine(line.Data);
        browser.OutputDataReceived += (_, line) => words.AppendLine(line.Data);
        browser.BeginErrorReadLine();
        browser.BeginOutputReadLine();
        try
        {
            Delivery said = await told.WaitForAsync(delivery => delivery.Body.Length > 0, () => $"The browser did not say that it has played the files: {words}");
            return Encoding.UTF8.GetString(said.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            browser.Kill(entireProcessTree: true);
            await browser.WaitForExitAsync(CancellationToken.None);
        }
    }
}
