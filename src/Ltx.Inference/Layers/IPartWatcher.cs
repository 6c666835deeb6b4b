namespace Ltx.Inference.Layers;

/// <summary>Is told of the parts of what its thread computes, as they begin and end.</summary>
internal interface IPartWatcher
{
    /// <param name="place">where in the model what follows is; null for the same place</param>
    /// <param name="kind">what kind of work follows; null where that is not said</param>
    void Enter(string? place, string? kind);

    /// <summary>The part that was entered last is over.</summary>
    void Leave();
}
