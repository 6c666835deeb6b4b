using System.Net;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Benchmarks;

/// <summary>What every submit goes through before it is queued.</summary>
public class RequestBenchmarks
{
    private const int Depth = 64;

    private static readonly byte[] Body = """
        {"prompt": "a red disc", "video_url": "https://example.com/video.mp4", "mask_video_url": "https://example.com/mask.mp4", "num_frames": 121,
         "num_inference_steps": 15, "guidance_scale": 1, "seed": 7, "video_quality": "high",
         "loras": [{"path": "https://example.com/a.safetensors", "scale": 0.8}, {"path": "https://example.com/b.safetensors", "transformer": "stage_1"}]}
        """u8.ToArray();

    private static readonly IPAddress[] Addresses = [.. new[] { "93.184.216.34", "10.1.2.3", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::808:808", "2606:2800:220:1::1" }.Select(IPAddress.Parse)];

    [Benchmark(Description = "request: parse and validate")]
    public object Validate()
    {
        (JsonDocument? document, _) = JsonInput.Parse(Body, Depth);
        using (document) return InputReader.Read(Applications.Default, document!.RootElement).Input ?? throw new InvalidOperationException("The benchmark's input is not valid.");
    }

    [Benchmark(Description = "addresses: six judged", OperationsPerInvoke = 6)]
    public int JudgeAddresses()
    {
        int forbidden = 0;
        foreach (IPAddress address in Addresses)
        {
            if (AddressRules.Judge(AddressRules.Canonical(address)) != AddressKind.Public) forbidden++;
        }
        return forbidden;
    }
}
