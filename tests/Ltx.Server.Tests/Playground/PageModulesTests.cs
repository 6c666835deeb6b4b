using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Ltx.Server.Playground;

namespace Ltx.Server.Tests.Playground;

/// <summary>The page's modules that need no browser, in Node.</summary>
public class PageModulesTests
{
    private const int Width = 61, Height = 37, Drawings = 120;

    private static readonly double[] Times = [0, 0.2, 0.5, 0.7310585786300049, 1, 1.4];

    [Fact]
    public async Task Their_own_tests_pass()
    {
        var (output, error, exitCode) = await RunNodeAsync(["--test", "--test-reporter=tap"], "");
        Assert.True(exitCode == 0, output + error);
        Assert.DoesNotContain("# pass 0", output, StringComparison.Ordinal);
    }

    /// <summary>Drawings of every kind of shape, with keys, bounds, erasures and inversion: the page's pixels and the server's, byte for byte.</summary>
    [Fact]
    public async Task The_page_and_the_server_draw_the_same_pixels()
    {
        Random random = new(20260702);
        var marks = Enumerable.Range(0, Drawings).Select(_ => MaskRasteriserTests.Drawing(random)).ToArray();
        var lines = marks.Select(m => JsonSerializer.Serialize(new { width = Width, height = Height, times = Times, marks = Json(m) }));
        var (drawn, error, exitCode) = await RunNodeAsync(["rasterise.mjs"], string.Join('\n', lines) + "\n");
        Assert.True(exitCode == 0, error);
        var frames = Convert.FromHexString(drawn);
        Assert.Equal(Drawings * Times.Length * Width * Height, frames.Length);

        var white = 0L;
        for (var i = 0; i < Drawings; i++)
        {
            MaskRasteriser rasteriser = new(Width, Height, marks[i]);
            for (var t = 0; t < Times.Length; t++)
            {
                var expected = rasteriser.Draw(Times[t], TestContext.Current.CancellationToken).Span;
                var got = frames.AsSpan(((i * Times.Length) + t) * Width * Height, Width * Height);
                Assert.True(expected.SequenceEqual(got), $"drawing {i} at {Times[t]}: {JsonSerializer.Serialize(Json(marks[i]))}");
                white += expected.Count((byte)255);
            }
        }

        Assert.InRange(white, frames.Length / 10, frames.Length * 9 / 10);
    }

    private static object Json(Marks marks) => new { invert = marks.Invert, shapes = marks.Shapes.Select(Json).ToArray() };

    private static Dictionary<string, object?> Json(MarkShape shape) => new()
    {
        ["type"] = shape.Kind.ToString().ToLowerInvariant(),
        ["erase"] = shape.Erase,
        ["from"] = double.IsFinite(shape.From) ? shape.From : null,
        ["to"] = double.IsFinite(shape.To) ? shape.To : null,
        ["keys"] = shape.Keys.Select(key => Json(shape.Kind, key)).ToArray(),
    };

    private static object Json(MarkKind kind, MarkKey key) => (kind, key.Numbers) switch
    {
        (MarkKind.Polygon, var points) => new { time = key.Time, points = points.Chunk(2) },
        (MarkKind.Brush, [var radius, .. var points]) => new { time = key.Time, radius, points = points.Chunk(2) },
        (_, [var x, var y, var rx, var ry, var cos, var sin]) => new { time = key.Time, x, y, rx, ry, cos, sin },
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static async Task<(string Output, string Error, int ExitCode)> RunNodeAsync(string[] arguments, string input)
    {
        ProcessStartInfo start = new("node", arguments) { WorkingDirectory = Folder(), RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(10));
        await process.WaitForExitAsync(limit.Token);
        return (await output, await error, process.ExitCode);
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "page");
}
