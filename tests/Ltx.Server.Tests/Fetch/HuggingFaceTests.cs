using Ltx.Server.Fetch;

namespace Ltx.Server.Tests.Fetch;

[Fast]
public class HuggingFaceTests
{
    private const string Commit = "0123456789abcdef0123456789abcdef01234567";

    [Theory]
    [InlineData("https://huggingface.co/o/r/blob/main/l.safetensors", "https://huggingface.co/o/r/resolve/main/l.safetensors")]
    [InlineData("https://huggingface.co/o/r/blob/main/a%20b/l.safetensors?download=true", "https://huggingface.co/o/r/resolve/main/a%20b/l.safetensors?download=true")]
    [InlineData("https://hf.co/o/r/blob/main/l", "https://hf.co/o/r/resolve/main/l")]
    [InlineData("https://huggingface.co/datasets/o/r/blob/main/l", "https://huggingface.co/datasets/o/r/resolve/main/l")]
    [InlineData("https://huggingface.co/o/r/resolve/main/blob/l", "https://huggingface.co/o/r/resolve/main/blob/l")]
    [InlineData("https://huggingface.co/o/blob/resolve/main/l", "https://huggingface.co/o/blob/resolve/main/l")]
    [InlineData("https://huggingface.co.evil.test/o/r/blob/main/l", "https://huggingface.co.evil.test/o/r/blob/main/l")]
    [InlineData("https://public.test/o/r/blob/main/l", "https://public.test/o/r/blob/main/l")]
    public void Blob_links_become_resolve_links(string url, string expected) => Assert.Equal(expected, HuggingFace.BlobToResolve(new Uri(url)).AbsoluteUri);

    [Theory]
    [InlineData($"https://huggingface.co/o/r/resolve/{Commit}/l", true)]
    [InlineData($"https://huggingface.co/datasets/o/r/resolve/{Commit}/l", true)]
    [InlineData("https://huggingface.co/o/r/resolve/main/l", false)]
    [InlineData($"https://huggingface.co/o/r/resolve/{Commit}0/l", false)]
    [InlineData($"https://huggingface.co/o/r/resolve/main/{Commit}/l", false)]
    [InlineData($"https://public.test/o/r/resolve/{Commit}/l", false)]
    [InlineData($"http://huggingface.co/o/r/resolve/{Commit}/l", false)]
    public void Commit_links_never_change(string url, bool immutable) => Assert.Equal(immutable, HuggingFace.IsImmutable(new Uri(url)));
}
