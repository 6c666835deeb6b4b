namespace Ltx.Inference.Weights;

/// <summary>Where the files of a model come from: the one thing that a model of files and one of random numbers do differently.</summary>
internal interface IModelFiles
{
    /// <summary>One safetensors file.</summary>
    /// <exception cref="WeightsException">It is missing, unreadable or not sound.</exception>
    SafetensorsFile Open(string path);

    /// <summary>All weights of a folder: one safetensors file, or the shards of an index.</summary>
    /// <exception cref="WeightsException">There are none, or they are not sound.</exception>
    TensorArchive OpenFolder(string folder);

    /// <summary>A configuration file.</summary>
    /// <exception cref="WeightsException">It is missing or not a JSON object.</exception>
    ConfigSection ReadConfig(string path);
}
