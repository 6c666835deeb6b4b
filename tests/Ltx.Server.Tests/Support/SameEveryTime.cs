using FsCheck;
using Microsoft.FSharp.Core;

namespace Ltx.Server.Tests.Support;

/// <summary>Properties tried on the same random values in every run: what has passed once does not fail another day. Another seed is another search.</summary>
internal static class SameEveryTime
{
    private const ulong Seed = 20260702, LongSeed = 20261129;

    /// <summary>The long form takes another seed, and twice the number.</summary>
    public static Config Config(int tests) => FsCheck.Config.QuickThrowOnFailure.WithMaxTest(LongForm.IsOn ? 2 * tests : tests)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(LongForm.IsOn ? LongSeed : Seed), FSharpOption<int>.None)));
}
