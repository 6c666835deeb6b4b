using System.Diagnostics;

namespace Ltx.Server.Tests.Commands;

/// <summary>When <c>./ltx</c> builds: the launcher over a small tree of files, with a <c>dotnet</c> that only says what it is asked for.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly Dictionary<string, string> environment = [];

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
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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

    /// <summary>
    /// The options of the vendor's dotnet-install.sh that stand for themselves or take a value, as it reads them; others end it with code 1. Of
    /// --jsonfile it takes the line of "version" of the block "sdk".
    /// </summary>
    private const string InstallScript = """
        #!/usr/bin/env bash
        set -eu
        while [ $# -ne 0 ]; do
          case $1 in
            -c | --channel | -v | --version | --arch | --architecture | --runtime | --runtime-id) shift ;;
            --azure-feed | --uncached-feed | --feed-credential) shift ;;
            -i | --install-dir) shift; folder=$1 ;;
            --jsonfile) shift; json=$1 ;;
            --dry-run | --no-path | --verbose | --keep-zip | --skip-non-versioned-files | --no-cdn) ;;
            *) echo "Unknown argument $1"; exit 1 ;;
          esac
          shift
        done
        version=$(awk '/"sdk"/,/}/' "$json" | grep '"version"' | sed 's/.*: *"//; s/".*//')
        mkdir -p "$folder"
        sed "s/8.0.100/$version/" '{0}/tools/dotnet' >"$folder/dotnet"
        chmod 700 "$folder/dotnet"
        """;

    [Fact]
    public void A_missing_SDK_is_got_into_this_folder_once_and_not_unasked()
    {
        // The system's SDK is too old for this.
        string tool = Path.Combine(folder, "tools", "dotnet"), own = Path.Combine(folder, ".dotnet", "dotnet");
        File.WriteAllText(tool, File.ReadAllText(tool).Replace("10.0.100", "8.0.100", StringComparison.Ordinal));
        // No distribution's package, and a user that is not root.
        Script("apt-cache", "exit 100");
        Script("apt-get", "exit 0");
        Script("id", "echo 1000");
        File.WriteAllText(Path.Combine(folder, "install.sh"), InstallScript.Replace("{0}", folder, StringComparison.Ordinal));
        environment["LTX_DOTNET_INSTALL"] = $"file://{folder}/install.sh";

        string refused = Launch(1, "doctor");
        Assert.Equal("ltx: the .NET 10 SDK is missing. Install the package dotnet-sdk-10.0 of your distribution, or let ./ltx --yes ... get it "
            + "into .dotnet/ here\n", refused);
        Assert.False(File.Exists(own));

        string got = Launch(0, "--yes", "doctor");
        Assert.Contains("ltx: getting the .NET 10 SDK into ", got, StringComparison.Ordinal);
        Assert.EndsWith("RUN doctor\n", got, StringComparison.Ordinal);
        Assert.Contains("10.0.100", File.ReadAllText(own), StringComparison.Ordinal);
        Assert.DoesNotContain("getting", Launch(0, "doctor"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_distribution_that_has_the_SDK_is_asked_for_it()
    {
        string tool = Path.Combine(folder, "tools", "dotnet");
        File.WriteAllText(tool, File.ReadAllText(tool).Replace("10.0.100", "8.0.100", StringComparison.Ordinal));
        Script("id", "echo 0");
        Script("apt-cache", "[ \"$*\" = 'show dotnet-sdk-10.0' ]");
        Script("apt-get", $"echo \"$@\" >>'{folder}/asked'; case \"$*\" in *dotnet-sdk-10.0) sed -i s/8.0.100/10.0.100/ '{tool}' ;; esac");

        Assert.EndsWith("RUN doctor\n", Launch(0, "doctor"), StringComparison.Ordinal);
        Assert.Equal(["update", "update", "install -y --no-install-recommends dotnet-sdk-10.0"], File.ReadAllLines(Path.Combine(folder, "asked")));
        Assert.False(Directory.Exists(Path.Combine(folder, ".dotnet")));
    }

    [Fact]
    public void A_shell_that_completes_a_line_waits_for_no_build()
    {
        Assert.Equal("", Launch(0, "[suggest:3]", "inp"));
        Launch("doctor");
        File.WriteAllText(Source("one.cs"), "another");
        Assert.Equal("RUN [suggest:3] inp\n", Launch(0, "[suggest:3]", "inp"));
    }

    [Theory]
    [InlineData("data/secrets.json", true)]
    [InlineData(".dotnet/dotnet", true)]
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

    private void Script(string name, string text)
    {
        string file = Path.Combine(folder, "tools", name);
        File.WriteAllText(file, $"#!/bin/sh\n{text}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private string Launch(string command) => Launch(0, command);

    private string Launch(int exitCode, params string[] command)
    {
        string[] arguments = ["-c", "exec \"$0\" \"$@\" 2>&1 </dev/null", Path.Combine(folder, "ltx"), .. command];
        ProcessStartInfo start = new("bash", arguments) { RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Path.Combine(folder, "tools")}:{start.Environment["PATH"]}";
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == exitCode, output);
        return output;
    }
}
