using System.Diagnostics.Metrics;

namespace Ltx.Server.Fetch;

internal static class FetchMetrics
{
    public const string MeterName = "Ltx.Fetch";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Tag <c>result</c>: hit (no request made), revalidated (the server said unchanged), miss (downloaded).</summary>
    public static readonly Counter<long> LoraCache = Meter.CreateCounter<long>("ltx.lora_cache.requests", description: "LoRAs wanted, by how the cache answered");

    /// <summary>Tags <c>kind</c> and <c>error_type</c> (empty where it went well).</summary>
    public static readonly Counter<long> Fetches = Meter.CreateCounter<long>("ltx.fetch.files", description: "Files fetched, by kind and outcome");
}
