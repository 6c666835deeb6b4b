using System.Collections.Concurrent;
using Ltx.Server.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Ltx.Server.Tests.Observability;

[Fast]
public class OtlpTests
{
    [Fact]
    public async Task Metrics_and_traces_reach_a_collector()
    {
        ConcurrentDictionary<string, string> received = new();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ConfigureEndpointDefaults(e => e.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        await using var collector = builder.Build();
        collector.Urls.Add("http://127.0.0.1:0");
        collector.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            var text = System.Text.Encoding.Latin1.GetString(body.ToArray());
            received.AddOrUpdate(context.Request.Path, text, (_, before) => before + text); // each export has what came since the one before
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[5]); // an empty message
            context.Response.AppendTrailer("grpc-status", "0");
        });
        await collector.StartAsync();
        await using (var server = await TestServer.StartAsync(o => o.Telemetry.OtlpEndpoint = collector.Urls.First()))
        {
            await server.WaitForAsync(await server.SubmitAsync());
            // At its end the server gives its exporters only a moment.
            Assert.True(server.Service<MeterProvider>().ForceFlush(120_000) && server.Service<TracerProvider>().ForceFlush(120_000), "The exporters could not deliver.");
        }

        Assert.Contains("ltx.requests.completed", received["/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"], StringComparison.Ordinal);
        Assert.Contains("/queue/fal-ai/ltx-2.3-quality/inpaint/lora", received["/opentelemetry.proto.collector.trace.v1.TraceService/Export"], StringComparison.Ordinal);
    }
}
