using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Video;

namespace Ltx.Server.Training;

/// <summary>Data sets' files by ffmpeg.</summary>
/// <param name="limits">of every file</param>
internal sealed class TrainingMedia(MediaLimits limits) : ITrainingMedia
{
    public IMediaFile Probe(string path, string role, CancellationToken cancellation) => Judged(() =>
    {
        MediaInfo info = MediaProbe.ProbeAsync(path, limits, role, cancellation).GetAwaiter().GetResult();
        Sizing.RequireReadable(info);
        return new TrainingFile(info);
    });

    /// <summary>What is wrong with a file drops a clip; what is wrong with this machine ends the preparation.</summary>
    /// <exception cref="DataSetException">The file is at fault.</exception>
    /// <exception cref="MediaException">This machine is.</exception>
    internal static T Judged<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (MediaException e) when (e.Fault == MediaFault.Input)
        {
            throw new DataSetException(e.Message, e);
        }
    }
}
