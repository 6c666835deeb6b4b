using System.Diagnostics;
using System.Text.Json;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Clients;

/// <summary>The endpoint page's curl call with host, key and file URLs changed, and the forms that curl users send by mistake.</summary>
public class CurlExampleTests
{
    private const string Data = """
        {
             "prompt": "Replace the masked region with matching cinematic background detail.",
             "video_url": "https://example.com/video.mp4",
             "mask_video_url": "https://example.com/mask.mp4",
             "loras": [
               {
                 "path": "https://example.com/path/to/lora.safetensors",
                 "scale": 1,
                 "transformer": "both"
               }
             ]
           }
        """;

    [Theory]
    [InlineData("Content-Type: application/json")]
    [InlineData("Content-Type: application/x-www-form-urlencoded")]
    [InlineData("Content-Type:")]
    public async Task The_endpoint_pages_call_blocks_and_returns_the_video(string contentType)
    {
        await using var server = await TestServer.StartAsync();
        ProcessStartInfo start = new("curl", ["--silent", "--show-error", "--request", "POST", "--url", $"{server.Url}/fal-ai/ltx-2.3-quality/inpaint/lora",
            "--header", "Authorization: Key some-key", "--header", contentType, "--data", Data])
        { RedirectStandardOutput = true };
        using var curl = Process.Start(start)!;
        var body = await curl.StandardOutput.ReadToEndAsync();
        await curl.WaitForExitAsync();
        Assert.Equal(0, curl.ExitCode);
        var output = JsonDocument.Parse(body).RootElement;
        Assert.Equal("Replace the masked region with matching cinematic background detail.", output.GetProperty("prompt").GetString());
        Assert.StartsWith(server.Url + "/files/", output.GetProperty("video").GetProperty("url").GetString(), StringComparison.Ordinal);
    }
}
