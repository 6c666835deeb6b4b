using System.Text.RegularExpressions;
using Ltx.Server.Playground;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Playground;

/// <summary>How the page, its files and the documents are served.</summary>
[Fast]
public partial class PageTests
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    [Theory]
    [InlineData("/", "text/html; charset=utf-8")]
    [InlineData("/ui/api.js", "text/javascript; charset=utf-8")]
    [InlineData("/ui/marks/raster.js", "text/javascript; charset=utf-8")]
    public async Task The_page_is_served_without_a_key_and_with_its_policy(string path, string type)
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Answer answer = await server.GetAsync(path);
        Assert.Equal((200, type), (answer.Status, answer.Header("Content-Type")));
        Assert.Equal((Policy, "nosniff", "no-referrer", "no-cache"), (answer.Header("Content-Security-Policy"), answer.Header("X-Content-Type-Options"), answer.Header("Referrer-Policy"), answer.Header("Cache-Control")));
        Assert.Equal(304, (await server.GetAsync(path, ("If-None-Match", answer.Header("ETag")!))).Status);
        Answer head = await server.SendAsync(HttpMethod.Head, path, null);
        Assert.Equal((200, answer.Header("ETag"), ""), (head.Status, head.Header("ETag"), head.Body));
    }

    [Fact]
    public async Task Every_file_that_a_file_of_the_page_names_is_there()
    {
        await using TestServer server = await TestServer.StartAsync();
        Queue<string> open = new(["/"]);
        HashSet<string> seen = ["/"];
        while (open.TryDequeue(out string? path))
        {
            Answer answer = await server.GetAsync(path);
            Assert.True(answer.Status == 200, $"{path} is named and not there.");
            if (!path.EndsWith(".js", StringComparison.Ordinal) && !path.EndsWith(".css", StringComparison.Ordinal) && path != "/") continue;
            foreach (Match match in Named().Matches(path.StartsWith("/vendor/", StringComparison.Ordinal) ? "" : answer.Body))
            {
                string named = new Uri(new Uri(new Uri(server.Url), path), match.Groups.Values.Skip(1).First(g => g.Success).Value).AbsolutePath;
                if (seen.Add(named)) open.Enqueue(named);
            }
        }
        Assert.True(seen.Count > 10, string.Join(' ', seen));
    }

    [Theory]
    [InlineData("/ui/none.js")]
    [InlineData("/ui/")]
    [InlineData("/ui/../ltx.dll")]
    [InlineData("/ui/..%2f..%2fltx.dll")]
    [InlineData("/vendor/%2e%2e/%2e%2e/ltx.dll")]
    [InlineData("/index.html")]
    [InlineData("/package.json")]
    public async Task Nothing_else_is_served(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        Answer answer = await server.GetAsync(path);
        Assert.Equal((404, "application/json"), (answer.Status, answer.Header("Content-Type")));
    }

    [Fact]
    public async Task The_page_and_the_api_do_not_hide_each_other()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Assert.Equal(200, (await server.GetAsync("/health/live")).Status);
        Assert.Equal(200, (await server.GetAsync("/metrics")).Status);
        Assert.Equal(404, (await server.GetAsync($"/files/{new string('0', 32)}/a.mp4")).Status);
        Assert.Equal(404, (await server.GetAsync("/ui/api/masks")).Status);
        Assert.Equal(401, (await server.PostAsync("/ui/api/masks", new { })).Status);
        Assert.Equal(405, (await server.PostAsync("/", new { })).Status);
        Assert.Equal(401, (await server.PostAsync(TestServer.Run, TestServer.Input())).Status);
        Assert.Equal("""{"detail":"Path /stream not found"}""", (await server.PostAsync(TestServer.App + "/stream", new { }, TestKeys.Header)).Body);
    }

    [Fact]
    public async Task The_reference_is_one_origins_and_has_its_own_policy()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        Answer page = await server.GetAsync("/docs/");
        string policy = page.Header("Content-Security-Policy")!;
        Match nonce = Regex.Match(policy, "script-src 'nonce-([0-9a-f]{32})';");
        Assert.True(nonce.Success, policy);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Equal("style-src 'self' 'unsafe-inline'", Assert.Single(policy.Split("; "), directive => directive.Contains("unsafe-inline", StringComparison.Ordinal)));
        Assert.DoesNotContain("://", policy, StringComparison.Ordinal);
        Assert.All(Regex.Matches(page.Body, "<script[^>]*>"), tag => Assert.Contains($"nonce=\"{nonce.Groups[1].Value}\"", tag.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("://", page.Body, StringComparison.Ordinal);
        Assert.NotEqual(policy, (await server.GetAsync("/docs/")).Header("Content-Security-Policy"));
        Assert.Equal(200, (await server.GetAsync("/docs/scalar.js")).Status);
        Assert.Equal(200, (await server.GetAsync("/openapi.json")).Status);
    }

    [Fact]
    public async Task The_openapi_document_is_at_fals_path_too()
    {
        await using TestServer server = await TestServer.StartAsync(TestKeys.Add);
        const string path = "/api/openapi/queue/openapi.json";
        foreach (string endpoint in new[] { "inpaint/lora", "inpaint" })
        {
            string id = "fal-ai/ltx-2.3-quality/" + endpoint;
            System.Text.Json.JsonElement fal = (await server.GetAsync($"{path}?endpoint_id={id}")).Json, own = (await server.GetAsync($"/openapi.json?endpoint_id={id}")).Json;
            Assert.Equal(id, fal.GetProperty("info").GetProperty("x-fal-metadata").GetProperty("endpointId").GetString());
            Assert.Equal(4, fal.GetProperty("paths").EnumerateObject().Count());
            Assert.Equal(fal.GetProperty("components").GetRawText(), own.GetProperty("components").GetRawText());
            Assert.All(fal.GetProperty("paths").EnumerateObject(), route => Assert.Equal(route.Value.GetRawText(), own.GetProperty("paths").GetProperty(route.Name).GetRawText()));
            Assert.Equal(server.Url, own.GetProperty("paths").GetProperty("/ui/api/masks").GetProperty("servers")[0].GetProperty("url").GetString());
        }
        Answer other = await server.GetAsync($"{path}?endpoint_id=fal-ai/flux/dev");
        Assert.Equal((404, """{"detail":"Application \u0022fal-ai/flux/dev\u0022 not found"}"""), (other.Status, other.Body));
        Assert.Equal(422, (await server.GetAsync(path)).Status);
    }

    [Fact]
    public void A_server_without_the_pages_files_has_none()
    {
        using TempFolder empty = new();
        Assert.Null(new PageFiles(empty.Path).Find("/"));
    }

    /// <summary>What a document, a module or a style sheet loads.</summary>
    [GeneratedRegex("""(?:(?:src|href)="([^"#:]+)"|(?:from|import\()\s*"([./][^"]+)"|\burl\("?([^":)]+)"?\))""")]
    private static partial Regex Named();
}
