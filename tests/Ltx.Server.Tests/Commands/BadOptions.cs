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
        new("--frames: no number", Users, "Cannot parse argument 'many' for option '--frames'", call => call.With("--frames", "many")),
        new("--seed: more than 64 bits", Users, "for option '--seed'", call => call.With("--seed", "99999999999999999999")),
        new("--quality: none of them", Users, "'ultra' for option '--quality'", call => call.With("--quality", "ultra")),
        new("--device: none that there is", Users, "\"tpu\" is no device; there are cpu, cuda and cuda:<number>.", call => call.With("--device", "tpu")),
        new("--device: a number that is none", Users, "\"cuda:x\" is no device", call => call.With("--device", "cuda:x")),
        new("--device: CUDA without CUDA", Users, "CUDA", call => call.With("--device", "cuda:99")),
        new("--dtype: none that there is", Users, "\"float17\" is no numeric type; there are float32 and bfloat16.", call => call.With("--dtype", "float17")),
        new("an option that there is not", Users, "Unrecognized command or argument '--colour'; see ltx inpaint --help.", call => call.With("--colour")),
        new("an option without its value", Users, "Required argument missing for option: '--negative'", call => call.With("--negative")),
        new("--out: a folder", Users, "is a folder.", call => call.Output = Path.GetDirectoryName(call.Output)!),
        new("--out: in a folder that is missing", Users, "does not exist.", call => call.Output = Path.Combine(call.Folder.Path, "none", "result.mp4")),
        new("--out: an empty name", Users, "--out is empty.", call => call.Output = ""),
        new("--out: the source itself", Users, "is what is read, and would be lost.", call => call.Output = call.Video),
        new("--out: the mask itself", Users, "is what is read, and would be lost.", call => call.Output = call.Mask),
    ];

    private static BadInput Bound(string option, string value, string bounds) =>
        new($"{option} {value}", Users, $"{option} is {value}, and must be between {bounds}.", call => call.With(option, value));
}
