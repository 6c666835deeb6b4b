using System.Diagnostics;

namespace Ltx.Server.Tests.Commands;

/// <summary>When <c>./ltx</c> builds: the launcher over a small tree of files, with a <c>dotnet</c> that only says what it is asked for.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ltx-launcher-").FullName;

    public LauncherTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "runs a shell script");
        string[] files = ["ltx", "Directory.Build.props", "Directory.Build.targets", ".editorconfig", "global.json"];
        string[] folders = ["build", "tests", "benchmarks", "tools", "src/Ltx.Server", "models/recipes"];
        foreach (string name in files) File.Copy(Path.Combine(Repository.Root, name), Path.Combine(folder, name));
        foreach (string name in folders) Directory.CreateDirectory(Path.Combine(folder, name));
        File.WriteAllText(Source("one.cs"), "1");
        File.WriteAllText(Source("two words.cs"), "2");
        string tool = Path.Combine(folder, "tools", "dotnet");
        File.WriteAllText(tool, $$"""
            #!/bin/sh
            case $1 in
              --list-sdks) echo "10.0.100 [/sdk]" ;;
              build) echo BUILD "$@"; mkdir -p '{{Path.GetDirectoryName(Program)}}'; touch '{{Program}}' ;;
              *) shift; echo RUN "$@" ;;
            esac
            """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private string Program => Path.Combine(folder, "src/Ltx.Server/bin/Release/net10.0/linux-x64/ltx.dll");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void It_builds_when_a_file_is_another_and_not_when_its_time_is()
    {
        Assert.True(Builds("the first time"));
        Assert.False(Builds("nothing has changed"));

        string[] files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
        foreach (string file in files) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(1));
        Assert.False(Builds("every file was touched"));

        DateTime old = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.WriteAllText(Source("two words.cs"), "3");
        File.SetLastWriteTimeUtc(Source("two words.cs"), old);
        File.SetLastWriteTimeUtc(Source("one.cs"), old);
        Assert.True(Builds("other content of an older time"));
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(Source("two words.cs")));
        Assert.Equal(old, File.GetLastWriteTimeUtc(Source("one.cs")));

        File.Delete(Source("one.cs"));
        Assert.True(Builds("a file is gone"));
        Assert.False(Builds("nothing has changed since"));

        File.Delete(Program);
        Assert.True(Builds("the program is gone"));
    }

    [Fact]
    public void A_build_for_CUDA_stays_one_until_it_is_cleaned_away()
    {
        Assert.DoesNotContain("Torch", Launch("doctor"), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(Program)!, "libtorch_cuda.so"), "");
        Assert.False(Builds("nothing has changed but the build's kind, by hand"));
        File.WriteAllText(Source("one.cs"), "another");
        Assert.Contains(" -p:Torch=cuda ", Launch("doctor"), StringComparison.Ordinal);
        Launch("clean");
        Assert.DoesNotContain("Torch", Launch("doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_removes_what_builds_have_made_and_nothing_else()
    {
        Assert.True(Builds("the first time"));
        string kept = Path.Combine(folder, "tests/node_modules/bin/kept");
        Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
        File.WriteAllText(kept, "");
        Assert.Equal("", Launch("clean"));
        Assert.False(Directory.Exists(Path.Combine(folder, "artifacts")));
        Assert.False(Directory.Exists(Path.Combine(folder, "src/Ltx.Server/bin")));
        Assert.True(File.Exists(kept));
        Assert.True(File.Exists(Source("one.cs")));
        Assert.True(Builds("behind clean"));
    }

    [Theory]
    [InlineData("data/secrets.json", true)]
    [InlineData("ltx-demo/result.mp4", true)]
    [InlineData("docker/secrets/server.json", true)]
    [InlineData("models/ltx-2.3/model.json", true)]
    [InlineData("src/Ltx.Server/Data/Row.cs", false)]
    [InlineData("src/Ltx.Server/data/row.cs", false)]
    [InlineData("models/miniature/model/model.json", false)]
    public void Git_ignores_what_the_documented_commands_write_and_no_source(string path, bool ignored)
    {
        File.Copy(Path.Combine(Repository.Root, ".gitignore"), Path.Combine(folder, ".gitignore"));
        Assert.Equal(0, Run("git", "init", "--quiet", folder));
        Assert.Equal(ignored ? 0 : 1, Run("git", "-C", folder, "check-ignore", "--quiet", path));
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }

    private string Source(string name) => Path.Combine(folder, "src", name);

    private bool Builds(string when)
    {
        string output = Launch("doctor");
        Assert.True(output.EndsWith("RUN doctor\n", StringComparison.Ordinal), $"{when}: {output}");
        return output.Contains("BUILD", StringComparison.Ordinal);
    }

    private string Launch(string command)
    {
        string[] arguments = ["-c", "exec \"$0\" \"$1\" 2>&1", Path.Combine(folder, "ltx"), command];
        ProcessStartInfo start = new("bash", arguments) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Path.Combine(folder, "tools")}:{start.Environment["PATH"]}";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return output;
    }
}
