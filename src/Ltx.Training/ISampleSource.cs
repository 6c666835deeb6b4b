namespace Ltx.Training;

/// <summary>The clips that are trained with.</summary>
public interface ISampleSource
{
    int Count { get; }

    /// <summary>One of them, on the device and in the type that is computed in.</summary>
    TrainingSample Read(int index);
}
