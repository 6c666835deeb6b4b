using System.Diagnostics;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Ltx.Inference.Tests.Native;

/// <summary>What the build makes of TorchSharp's files, in a program of its own: built and published, whatever lay there before.</summary>
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
              <Target Name="Tell" AfterTargets="Build" DependsOnTargets="FindTorchSharp">
                <WriteLinesToFile File="sources" Lines="@(TorchSharpFile->'%(FullPath)')" Overwrite="true" />
              </Target>
            </Project>
            """);
        // What a copied checkout leaves is newer than the package's file; what looks like the package's, by size and time, is believed by copy steps.
        foreach (string place in (string[])[Built, Published])
        {
            Directory.CreateDirectory(Path.Combine(place, "libtorch"));
            Spoil(Managed, place, isNew: place == Built);
            Spoil(Native, place, isNew: place == Published);
        }
        Publish();

        Dictionary<string, string> sources = File.ReadAllLines(Path.Combine(folder, "sources")).ToDictionary(path => Path.GetFileName(path)!);
        foreach (string place in (string[])[Built, Published])
        {
            Assert.False(Directory.Exists(Path.Combine(place, "libtorch")), "the libtorch of another kind of build came first");
            Assert.Equal(0x107, DebuggingModes(Path.Combine(place, Managed)));
            // A global function becomes a weak one (ELF: the upper half of st_info), and a version reference gets the flag; nothing else changes.
            Assert.Equal(["00 -> 02", "12 -> 22"], Differences(sources[Native], Path.Combine(place, Native)).Order());
        }
    }

    // This program's own file has the package's size and time.
    private static void Spoil(string name, string place, bool isNew)
    {
        string own = Path.Combine(AppContext.BaseDirectory, name), spoiled = Path.Combine(place, name);
        File.WriteAllBytes(spoiled, new byte[new FileInfo(own).Length]);
        File.SetLastWriteTimeUtc(spoiled, isNew ? DateTime.UtcNow : File.GetLastWriteTimeUtc(own));
    }

    // One attribute, of a constructor with one number: prolog, number, no named arguments.
    private static int DebuggingModes(string assembly)
    {
        using PEReader image = new(File.OpenRead(assembly));
        MetadataReader metadata = image.GetMetadataReader();
        IEnumerable<CustomAttribute> attributes = metadata.GetAssemblyDefinition().GetCustomAttributes().Select(metadata.GetCustomAttribute);
        CustomAttribute debuggable = Assert.Single(attributes, attribute => TypeName(metadata, attribute) == nameof(DebuggableAttribute));
        BlobReader value = metadata.GetBlobReader(debuggable.Value);
        Assert.Equal(1, value.ReadUInt16());
        return value.ReadInt32();
    }

    private static string TypeName(MetadataReader metadata, CustomAttribute attribute)
    {
        EntityHandle type = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name);
    }

    private static IEnumerable<string> Differences(string before, string after)
    {
        byte[] a = File.ReadAllBytes(before), b = File.ReadAllBytes(after);
        Assert.Equal(a.Length, b.Length);
        IEnumerable<int> changed = Enumerable.Range(0, a.Length).Where(i => a[i] != b[i]);
        return changed.Select(i => string.Create(CultureInfo.InvariantCulture, $"{a[i]:x2} -> {b[i]:x2}"));
    }

    private void Publish()
    {
        string[] arguments = ["publish", folder, "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false"];
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.GetAwaiter().GetResult());
    }
}
