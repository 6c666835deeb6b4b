using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Keys and values of one layer for the positions so far.</summary>
/// <param name="window">positions that a query sees, its own included; null for all</param>
internal sealed class LayerCache(int? window) : IDisposable
{
    private Tensor? keys, values;

    /// <summary>Adds the keys and values of new positions.</summary>
    /// <param name="newKeys">[B, Hkv, T, D], already rotated</param>
    /// <param name="newValues">[B, Hkv, T, D]</param>
    /// <returns>what those positions may look at, [B, Hkv, S, D] each, belonging to the current scope; with T = 1 all of it is visible</returns>
    public (Tensor Keys, Tensor Values) Append(Tensor newKeys, Tensor newValues) => (Append(ref keys, newKeys), Append(ref values, newValues));

    public void Dispose()
    {
        keys?.Dispose();
        values?.Dispose();
    }

    private Tensor Append(ref Tensor? kept, Tensor added)
    {
        Tensor all = kept is null ? added.alias() : cat([kept, added], 2);
        kept?.Dispose();
        // The next position sees itself and one less of these.
        long keep = Math.Min(all.shape[2], window - 1 ?? long.MaxValue);
        kept = all.narrow(2, all.shape[2] - keep, keep).DetachFromDisposeScope();
        return all;
    }
}
