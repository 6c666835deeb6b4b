using Ltx.Training.Data;

namespace Ltx.Training.Preparation;

/// <summary>What goes through all stages of one preparation: who is dropped on the way, who is told, who may end it.</summary>
internal sealed class PreparationRun(IReadOnlyList<DataSetRefusal> refused, Action<PreparationProgress>? progress, CancellationToken cancellation)
{
    private readonly List<DataSetRefusal> dropped = [.. refused];

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<DataSetRefusal> Refused => [.. dropped.OrderBy(one => one.Name, StringComparer.Ordinal)];

    /// <summary>Does something with every clip; one that cannot be used is dropped with its reason.</summary>
    /// <exception cref="DataSetException">None is left.</exception>
    public List<TMade> Each<TClip, TMade>(PreparationStage stage, IReadOnlyList<TClip> clips, Func<TClip, string> name, Func<TClip, TMade> make)
    {
        List<TMade> made = [];
        foreach ((int i, TClip clip) in clips.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(new PreparationProgress(stage, i, clips.Count, name(clip)));
            try
            {
                made.Add(make(clip));
            }
            catch (DataSetException e)
            {
                dropped.Add(new DataSetRefusal(name(clip), e.Message));
            }
        }
        progress?.Invoke(new PreparationProgress(stage, clips.Count, clips.Count, null));
        return made.Count > 0 ? made : throw DataSetException.NothingLeft(Refused);
    }
}
