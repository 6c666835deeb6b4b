using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>Options that cannot be what they are.</summary>
internal static class BadOptions
{
    public static IEnumerable<BadInput> All =>
    [
        Bound("--frames", "8", "9 and 481"),
        Bound("--frames", "482", "9 and 481"),
        Bound("--fps", "0.5", "1 and 60"),
        Bound("--fps", "61", "1 and 60"),
        Bound("--fps", "NaN", "1 and 60"),
        Bound("--steps", "7", "8 and 30"),
        Bound("--steps", "31", "8 and 30"),
        Bound("--guidance", "0.5", "1 and 20"),
        Bound("--guidance", "21", "1 and 20"),
        Bound("--video-strength", "-0.1", "0 and 1"),
        Bound("--video-strength", "1.1", "0 and 1"),
        new("--frames: no number", Users, "--frames is 'many', and must be a whole number; see ltx inpaint --help.", call =>
            call.With("--frames", "many")),
        new("--seed: more than 64 bits", Users, "--seed is '99999999999999999999', and must be a whole number of at most 9223372036854775807; see",
            call => call.With("--seed", "99999999999999999999")),
        new("--quality: none of them", Users, "--quality is 'ultra', and must be low, medium, high, maximum or lossless; see", call =>
            call.With("--quality", "ultra")),
        new("--device: none that there is", Users, "\"tpu\" is no device; there are cpu, cuda and cuda:<number>.", call => call.With("--device", "tpu")),
        new("--device: a number that is none", Users, "\"cuda:x\" is no device", call => call.With("--device", "cuda:x")),
        new("--device: CUDA without CUDA", Users, "CUDA", call => call.With("--device", "cuda:99")),
        new("--dtype: none that there is", Users, "\"float17\" is no numeric type; there are float32 and bfloat16.", call => call.With("--dtype", "float17")),
        new("an option that there is not", Users, "there is no option '--colour'; see ltx inpaint --help.", call => call.With("--colour")),
        new("an option without its value", Users, "--negative needs a value; see", call => call.With("--negative")),
        new("--out: a folder", Users, "is a folder.", call => call.Output = Path.GetDirectoryName(call.Output)!),
        new("--out: in a folder that is missing", Users, "does not exist.", call => call.Output = Path.Combine(call.Folder.Path, "none", "result.mp4")),
        new("--out: an empty name", Users, "--out is empty.", call => call.Output = ""),
        new("--out: a GIF, which it would not be", Users, "result.gif would be an MP4, and its name must end in .mp4.", call =>
            call.Output = Path.ChangeExtension(call.Output, ".gif")),
        new("--out: the source itself", Users, "is what is read, and would be lost.", call => call.Output = call.Video),
        new("--out: the mask itself", Users, "is what is read, and would be lost.", call => call.Output = call.Mask),
    ];

    private static BadInput Bound(string option, string value, string bounds) =>
        new($"{option} {value}", Users, $"{option} is {value}, and must be between {bounds}.", call => call.With(option, value));
}
