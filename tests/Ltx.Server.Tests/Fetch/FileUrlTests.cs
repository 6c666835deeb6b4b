using System.Diagnostics;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary><c>file:</c> URLs. {in} is the allowed folder, {out} a folder beside it with a file called secret; the links lie in the allowed one.</summary>
public class FileUrlTests
{
    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("FILE:///etc/passwd")]
    [InlineData("file://{out}/secret")]
    [InlineData("file://{in}/../outside/secret")]
    [InlineData("file://{in}/%2e%2e/outside/secret")]
    [InlineData("file://{in}/..%2foutside%2fsecret")]
    [InlineData("file://{in}/sub/../../outside/secret")]
    [InlineData("file://{in}/./good.mp4")]
    [InlineData("file://{in}/link-to-file")]
    [InlineData("file://{in}/link-to-folder/secret")]
    [InlineData("file://{in}/sub/relative-link")]
    [InlineData("file://{in}/link-to-link")]
    [InlineData("file://{in}/loop")]
    [InlineData("file://{in}/dangling")]
    [InlineData("file://{in}/absent")]
    [InlineData("file://{in}/good.mp4/x")]
    [InlineData("file://{in}/sub")]
    [InlineData("file://{in}/")]
    [InlineData("file://{in}")]
    [InlineData("file://{in}-sibling/secret")]
    [InlineData("file://{in}/empty")]
    [InlineData("file://{in}/pipe")]
    [InlineData("file://{in}/good.mp4%00.txt")]
    [InlineData("file://{in}/good.mp4?x")]
    [InlineData("file://{in}/good.mp4#x")]
    [InlineData("file://{in}\\good.mp4")]
    [InlineData("file://localhost{in}/good.mp4")]
    [InlineData("file://127.0.0.1{in}/good.mp4")]
    [InlineData("file://host/share/x")]
    [InlineData("file:{in}/good.mp4")]
    [InlineData("file:good.mp4")]
    [InlineData("file:///{in}/good.mp4")]
    [InlineData("file:////host/share/x")]
    [InlineData("file:///dev/zero")]
    [InlineData("file:///proc/self/environ")]
    [InlineData("file://")]
    public async Task What_is_not_plainly_below_an_allowed_folder_is_refused(string url)
    {
        await using TestFetch fetch = new();
        Furnish(fetch);

        FetchException e = await fetch.RefusesAsync(url.Replace("{in}", fetch.Allowed).Replace("{out}", fetch.Outside));

        Assert.EndsWith("there is no such file below the folders that are allowed.", e.Message);
    }

    [Theory]
    [InlineData("file://{in}/good.mp4")]
    [InlineData("File://{in}/good.mp4")]
    [InlineData("file://{in}/link-inside")]
    [InlineData("file://{in}/with%20space%23.mp4")]
    [InlineData("file://{in}/sub/deep.mp4")]
    public async Task A_file_below_is_read_in_place_and_never_removed(string url)
    {
        await using TestFetch fetch = new();
        Furnish(fetch);

        foreach (FetchKind kind in Enum.GetValues<FetchKind>())
        {
            FetchedFile file = await fetch.FetchAsync(url.Replace("{in}", fetch.Allowed), kind);
            Assert.Equal("good", File.ReadAllText(file.Path));
            Assert.Equal(TestFetch.Sha256("good"u8.ToArray()), file.Sha256);
            await file.DisposeAsync();
            Assert.True(File.Exists(file.Path));
        }
        Assert.Empty(fetch.CachedFiles);
    }

    [Fact]
    public async Task No_folder_is_allowed_unless_it_is_named()
    {
        await using TestFetch fetch = new(o => o.AllowedFolders = []);
        Furnish(fetch);

        await fetch.RefusesAsync($"file://{fetch.Allowed}/good.mp4");
    }

    [Fact]
    public async Task An_allowed_folder_that_is_a_link_itself_works()
    {
        string? link = null;
        await using TestFetch fetch = new(o => o.AllowedFolders = link is null ? [] : [link]);
        Furnish(fetch);
        link = fetch.Outside + "-link";
        Directory.CreateSymbolicLink(link, fetch.Allowed);
        fetch.Restart();

        await using FetchedFile file = await fetch.FetchAsync($"file://{link}/good.mp4");
        Assert.Equal(4, file.Length);
    }

    [Fact]
    public async Task The_size_limit_holds_for_files_too()
    {
        await using TestFetch fetch = new(o => o.MaxVideoBytes = 3);
        Furnish(fetch);

        await fetch.FindsTooLargeAsync($"file://{fetch.Allowed}/good.mp4", 3);
    }

    [Fact]
    public async Task A_url_of_ours_is_read_from_the_disk_without_a_connection()
    {
        OwnFiles own = new();
        await using TestFetch fetch = new(localFiles: own);
        Furnish(fetch);
        own.Path = Path.Combine(fetch.Allowed, "good.mp4");

        await using FetchedFile file = await fetch.FetchAsync($"http://localhost:{fetch.Canary.Port}/files/1/good.mp4");
        await fetch.RefusesAsync($"http://localhost:{fetch.Canary.Port}/other");

        Assert.Equal(own.Path, file.Path);
        Assert.Empty(fetch.Connector.Tried);
    }

    private static void Furnish(TestFetch fetch)
    {
        string inside = fetch.Allowed;
        string outside = fetch.Outside;
        string sub = Directory.CreateDirectory(Path.Combine(inside, "sub")).FullName;
        File.WriteAllText(Path.Combine(outside, "secret"), "secret");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(inside + "-sibling").FullName, "secret"), "secret");
        foreach (string good in new[] { "good.mp4", "with space#.mp4", "sub/deep.mp4" })
        {
            File.WriteAllText(Path.Combine(inside, good), "good");
        }
        File.WriteAllText(Path.Combine(inside, "empty"), "");
        File.CreateSymbolicLink(Path.Combine(inside, "link-to-file"), Path.Combine(outside, "secret"));
        File.CreateSymbolicLink(Path.Combine(sub, "relative-link"), "../../outside/secret");
        File.CreateSymbolicLink(Path.Combine(inside, "link-to-link"), "sub/relative-link");
        File.CreateSymbolicLink(Path.Combine(inside, "link-inside"), "sub/../good.mp4");
        File.CreateSymbolicLink(Path.Combine(inside, "loop"), "loop");
        File.CreateSymbolicLink(Path.Combine(inside, "dangling"), "nowhere");
        Directory.CreateSymbolicLink(Path.Combine(inside, "link-to-folder"), outside);
        using Process pipe = Process.Start("mkfifo", [Path.Combine(inside, "pipe")]);
        pipe.WaitForExit();
        Assert.Equal(0, pipe.ExitCode);
    }

    private sealed class OwnFiles : ILocalFiles
    {
        public string? Path { get; set; }

        public string? TryOpen(Uri url) => url.AbsolutePath.StartsWith("/files/", StringComparison.Ordinal) ? Path : null;
    }
}
