using System.Diagnostics;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Ltx.Inference.Tests.Native;

/// <summary>What the build makes of TorchSharp's files, in a program of its own: built and published, and whatever lay there before.</summary>
public sealed class PatchedBuildTests : IDisposable
{
    private const string Managed = "TorchSharp.dll", Native = "libLibTorchSharp.so";

    // Within the repository, so that its build files apply; a folder that git ignores.
    private readonly string folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", $"patched-{Guid.NewGuid():N}")).FullName;

    private string Built => Path.Combine(folder, "bin", "Release", "net10.0", "linux-x64");

    private string Published => Path.Combine(Built, "publish");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Built_and_published_folders_hold_the_patched_files_whatever_lay_there()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "looks at the Linux build");
        File.WriteAllText(Path.Combine(folder, "Program.cs"), "System.Console.WriteLine();");
        // Another libtorch than the two: the patch does not need 460 MB of it. The sources' names are written down by the build.
        File.WriteAllText(Path.Combine(folder, "Patched.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><Torch>none</Torch><RunAnalyzers>false</RunAnalyzers></PropertyGroup>
              <ItemGroup><PackageReference Include="TorchSharp" /></ItemGroup>
              <Target Name="Tell" AfterTargets="Build" DependsOnTargets="FindTorchSharp"><WriteLinesToFile File="sources" Lines="@(TorchSharpFile->'%(FullPath)')" Overwrite="true" /></Target>
            </Project>
            """);
        Publish();
        Dictionary<string, string> sources = File.ReadAllLines(Path.Combine(folder, "sources")).ToDictionary(path => Path.GetFileName(path)!);
        AssertPatched(sources);

        // As a copied checkout leaves them (the package's bytes, of now), and as a copy step does (the package's bytes and time).
        foreach ((string name, string source) in sources)
        {
            Spoil(source, Path.Combine(Built, name), DateTime.UtcNow);
            Spoil(source, Path.Combine(Published, name), File.GetLastWriteTimeUtc(source));
        }
        Publish();
        AssertPatched(sources);
    }

    private static void Spoil(string source, string destination, DateTime time)
    {
        File.Copy(source, destination, overwrite: true);
        File.SetLastWriteTimeUtc(destination, time);
    }

    private void AssertPatched(Dictionary<string, string> sources)
    {
        foreach (string place in (string[])[Built, Published])
        {
            Assert.Equal(0x107, DebuggingModes(Path.Combine(place, Managed)));
            // A global function becomes a weak one (ELF: the upper half of st_info), and a version reference gets the flag; nothing else changes.
            Assert.Equal(["00 -> 02", "12 -> 22"], Differences(sources[Native], Path.Combine(place, Native)).Order());
        }
    }

    // One attribute, of a constructor with one number: prolog, number, no named arguments.
    private static int DebuggingModes(string assembly)
    {
        using PEReader image = new(File.OpenRead(assembly));
        MetadataReader metadata = image.GetMetadataReader();
        CustomAttribute attribute = Assert.Single(metadata.GetAssemblyDefinition().GetCustomAttributes().Select(metadata.GetCustomAttribute), attribute =>
            metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent).Name) == nameof(DebuggableAttribute));
        BlobReader value = metadata.GetBlobReader(attribute.Value);
        Assert.Equal(1, value.ReadUInt16());
        return value.ReadInt32();
    }

    private static IEnumerable<string> Differences(string before, string after)
    {
        byte[] a = File.ReadAllBytes(before), b = File.ReadAllBytes(after);
        Assert.Equal(a.Length, b.Length);
        return Enumerable.Range(0, a.Length).Where(i => a[i] != b[i]).Select(i => string.Create(CultureInfo.InvariantCulture, $"{a[i]:x2} -> {b[i]:x2}"));
    }

    private void Publish()
    {
        ProcessStartInfo start = new("dotnet", ["publish", folder, "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.GetAwaiter().GetResult());
    }
}
