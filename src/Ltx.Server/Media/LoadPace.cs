using Ltx.Inference.Weights;

namespace Ltx.Server.Media;

/// <summary>When to tell where text is read line by line how a model loads: at every component's end, and every ten seconds of one that takes long.</summary>
internal sealed class LoadPace
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private TimeSpan told;

    /// <summary>Whether this is to be told; the next one waits from here on.</summary>
    public bool IsDue(LoadProgress load)
    {
        bool isDue = load.IsWhole || load.Time - told >= Pause;
        if (isDue) told = load.IsWhole ? TimeSpan.Zero : load.Time;
        return isDue;
    }
}
