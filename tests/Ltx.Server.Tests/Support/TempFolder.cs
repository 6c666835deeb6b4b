namespace Ltx.Server.Tests.Support;

/// <summary>A folder that goes with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("ltx-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
