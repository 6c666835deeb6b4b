namespace Ltx.Inference.Layers;

/// <summary>
/// A named piece of a forward, from here to its disposal, for whoever measures the calling thread. While nobody does, it is a look at one
/// field: nothing is recorded, and nothing is allocated.
/// </summary>
internal readonly struct Part : IDisposable
{
    /// <summary>Kinds of work. What stands between products and attention is named by the function that a fused kernel would take the place of.</summary>
    public const string Products = "matrix products", Attention = "attention", Norms = "norms", Rotation = "rotation", Modulation = "modulation", Gates = "gates", Lookup = "lookup", Activation = "activation";

    [ThreadStatic]
    private static IPartWatcher? watcher;

    private readonly IPartWatcher? told;

    private Part(IPartWatcher? told) => this.told = told;

    /// <summary>Who measures the calling thread; null while nobody does.</summary>
    public static IPartWatcher? Watcher => watcher;

    /// <summary>Where in the model what follows is.</summary>
    public static Part At(string place)
    {
        IPartWatcher? told = watcher;
        told?.Enter(place, null);
        return new Part(told);
    }

    /// <summary>What kind of work follows.</summary>
    public static Part Of(string kind)
    {
        IPartWatcher? told = watcher;
        told?.Enter(null, kind);
        return new Part(told);
    }

    /// <summary>Tells somebody of the calling thread's parts from now on.</summary>
    public static void Watch(IPartWatcher by)
    {
        if (watcher is not null) throw new InvalidOperationException("This thread is being measured already.");
        watcher = by;
    }

    /// <summary>Tells them no longer.</summary>
    public static void Unwatch(IPartWatcher by)
    {
        if (watcher == by) watcher = null;
    }

    public void Dispose() => told?.Leave();
}
