using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Configuration;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Auth;

/// <summary>Real reverse proxies of the distribution, in their plainest forms: whoever comes through one is not this machine's user.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("nginx", "")]
    [InlineData("nginx", "proxy_set_header X-Real-IP $remote_addr; proxy_http_version 1.1;")]
    [InlineData("haproxy", "")]
    [InlineData("haproxy", "option forwardfor")]
    public async Task Visitors_of_a_proxy_are_refused_without_a_key_and_served_with_one(string program, string more)
    {
        await using (var server = await TestServer.StartAsync())
        using (var proxy = await StartAsync(program, more, new Uri(server.Url).Port))
        {
            Assert.Equal(200, (await server.GetAsync("/requests")).Status);
            Assert.Equal(200, await AskAsync(proxy, HttpMethod.Get, "/health/live"));
            Assert.Equal(403, await AskAsync(proxy, HttpMethod.Get, "/requests"));
            Assert.Equal(403, await AskAsync(proxy, HttpMethod.Get, "/metrics"));
            Assert.Equal(403, await AskAsync(proxy, HttpMethod.Post, TestServer.Submit));
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData("secret"u8));
        await using (var server = await TestServer.StartAsync(o => o.Auth.Keys = [new ApiKeyOptions { Name = "visitor", Hash = hash }]))
        using (var proxy = await StartAsync(program, more, new Uri(server.Url).Port))
        {
            Assert.Equal(401, await AskAsync(proxy, HttpMethod.Get, "/requests"));
            Assert.Equal(200, await AskAsync(proxy, HttpMethod.Get, "/requests", "secret"));
        }
    }

    private static async Task<int> AskAsync(RunningProxy proxy, HttpMethod method, string path, string? key = null)
    {
        using HttpClient client = new();
        using HttpRequestMessage message = new(method, $"http://127.0.0.1:{proxy.Port}{path}");
        message.Headers.Host = "inpaint.example.com"; // as a visitor from elsewhere calls it
        if (key is not null)
        {
            message.Headers.TryAddWithoutValidation("Authorization", "Key " + key);
        }

        using var answer = await client.SendAsync(message, TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    private async Task<RunningProxy> StartAsync(string program, string more, int upstream)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The proxies of a Linux distribution.");
        var port = FreePort();
        var work = Directory.CreateDirectory(Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"))).FullName;
        var file = Path.Combine(work, "conf");
        var isNginx = program == "nginx";
        await File.WriteAllTextAsync(file, isNginx
            ? $$"""
                daemon off; pid {{work}}/pid; error_log {{work}}/error.log; worker_processes 1;
                events { worker_connections 64; }
                http {
                    access_log off; client_body_temp_path {{work}}/b; proxy_temp_path {{work}}/p; fastcgi_temp_path {{work}}/f; uwsgi_temp_path {{work}}/u; scgi_temp_path {{work}}/s;
                    server { listen 127.0.0.1:{{port}}; location / { proxy_pass http://127.0.0.1:{{upstream}}; {{more}} } }
                }
                """
            : $"""
                defaults
                    mode http
                    {more}
                    timeout connect 5000
                    timeout client 50000
                    timeout server 50000
                frontend visitors
                    bind 127.0.0.1:{port}
                    default_backend ltx
                backend ltx
                    server ltx 127.0.0.1:{upstream}

                """, TestContext.Current.CancellationToken);
        // Where distributions put programs for the administrator, which is not on everybody's PATH.
        var path = (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/usr/local/sbin").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.True(path is not null, $"{program} is not installed; ./ltx test installs it.");
        ProcessStartInfo start = new(path!, isNginx ? ["-c", file, "-p", work, "-e", $"{work}/error.log"] : ["-db", "-f", file]) { RedirectStandardError = true, RedirectStandardOutput = true };
        RunningProxy proxy = new(Process.Start(start)!, port);
        await proxy.ListensAsync();
        return proxy;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class RunningProxy(Process process, int port) : IDisposable
    {
        private readonly StringBuilder _words = new();

        public int Port => port;

        public async Task ListensAsync()
        {
            process.ErrorDataReceived += (_, line) => _words.AppendLine(line.Data);
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            while (true)
            {
                Assert.False(process.HasExited, $"The proxy ended: {_words}");
                try
                {
                    using TcpClient client = new();
                    await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                    return;
                }
                catch (SocketException)
                {
                    await Task.Delay(20, TestContext.Current.CancellationToken);
                }
            }
        }

        public void Dispose()
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }
}
