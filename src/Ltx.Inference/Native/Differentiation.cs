namespace Ltx.Inference.Native;

/// <summary>
/// Whether the calling thread computes what gradients go through. Then nothing may be used that has no derivative (the project's own kernels,
/// float8 products, attention by the name of its kernel), with gradients recorded or without: what a block gives the first time and when it is
/// computed again have to be the same numbers.
/// </summary>
internal static class Differentiation
{
    [ThreadStatic]
    private static int depth;

    public static bool IsOn => depth > 0;

    /// <summary>Until what comes back is disposed, on the same thread.</summary>
    public static IDisposable Begin()
    {
        depth++;
        return new Ending();
    }

    private sealed class Ending : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            if (!ended) depth--;
            ended = true;
        }
    }
}
