namespace Ltx.Inference.Layers;

/// <summary>
/// A named piece of a forward, from here to its disposal, for whoever measures the calling thread. While nobody does, it is a look at one
/// field: nothing is recorded, and nothing is allocated.
/// </summary>
internal readonly struct Part : IDisposable
{
    /// <summary>Kinds of work. What stands between products and attention is named by the function that a fused kernel would take the place of.</summary>
    public const string Products = "matrix products", Attention = "attention", Norms = "norms", Rotation = "rotation", Modulation = "modulation", Lookup = "lookup", Activation = "activation";

    private readonly PartClock? clock;

    private Part(PartClock? clock) => this.clock = clock;

    /// <summary>Where in the model what follows is.</summary>
    public static Part At(string place)
    {
        PartClock? clock = PartClock.Current;
        clock?.Enter(place, null);
        return new Part(clock);
    }

    /// <summary>What kind of work follows.</summary>
    public static Part Of(string kind)
    {
        PartClock? clock = PartClock.Current;
        clock?.Enter(null, kind);
        return new Part(clock);
    }

    public void Dispose() => clock?.Leave();
}
