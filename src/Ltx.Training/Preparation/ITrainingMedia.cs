namespace Ltx.Training.Preparation;

/// <summary>The way to files' pictures, for whoever knows no decoder.</summary>
internal interface ITrainingMedia
{
    /// <summary>Looks at a file.</summary>
    /// <param name="path">the full path</param>
    /// <param name="role">what it is, such as "the mask"; begins the sentences of refusals</param>
    /// <exception cref="Data.DataSetException">The file cannot be used. Whatever else is thrown is not the file's fault.</exception>
    IMediaFile Probe(string path, string role, CancellationToken cancellation);
}
