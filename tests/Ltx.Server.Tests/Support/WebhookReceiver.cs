using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Ltx.Server.Tests.Support;

/// <summary>Receives webhooks and keeps them; verifies with another Ed25519 than the one that signs.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public string Url => _app.Urls.First() + "/hook";

    public ConcurrentQueue<Delivery> Deliveries { get; } = new();

    /// <summary>The status of the n-th delivery (from 1).</summary>
    public Func<int, int> Answer { get; set; } = _ => 200;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        WebhookReceiver receiver = new(app);
        app.Run(receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public static bool Verify(Delivery delivery, byte[] publicKey)
    {
        var message = Encoding.UTF8.GetBytes(string.Join('\n', delivery.RequestId, delivery.UserId, delivery.Timestamp, Convert.ToHexStringLower(SHA256.HashData(delivery.Body))));
        Ed25519Signer signer = new();
        signer.Init(forSigning: false, new Ed25519PublicKeyParameters(publicKey));
        signer.BlockUpdate(message, 0, message.Length);
        return signer.VerifySignature(Convert.FromHexString(delivery.Signature));
    }

    /// <summary>The server's key as a receiver gets it.</summary>
    public static async Task<byte[]> KeyAsync(HttpClient client)
    {
        using var jwks = JsonDocument.Parse(await client.GetStringAsync("/.well-known/jwks.json"));
        var key = jwks.RootElement.GetProperty("keys").EnumerateArray().Single();
        Assert.Equal("OKP", key.GetProperty("kty").GetString());
        Assert.Equal("Ed25519", key.GetProperty("crv").GetString());
        var x = key.GetProperty("x").GetString()!;
        Assert.Equal(44, x.Length); // with padding: fal's Python sample fails without
        return Convert.FromBase64String(x.Replace('-', '+').Replace('_', '/'));
    }

    /// <param name="otherwise">what to say where it does not come</param>
    public async Task<Delivery> WaitForAsync(Func<Delivery, bool> wanted, Func<string>? otherwise = null)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(180); ; await Task.Delay(10))
        {
            if (Deliveries.FirstOrDefault(wanted) is { } delivery)
            {
                return delivery;
            }

            Assert.True(DateTime.UtcNow < deadline, otherwise?.Invoke() ?? "The webhook did not come.");
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        string Header(string name) => context.Request.Headers[name].ToString();
        Deliveries.Enqueue(new Delivery(Header("X-Fal-Webhook-Request-Id"), Header("X-Fal-Webhook-User-Id"), Header("X-Fal-Webhook-Timestamp"),
            Header("X-Fal-Webhook-Signature"), body.ToArray(), context.Request.QueryString.Value!, Header("Content-Type")));
        context.Response.StatusCode = Answer(Deliveries.Count);
    }
}
