using Ltx.Server.Fetch;

namespace Ltx.Server.Fal;

/// <summary>A validated input of any application, as far as the queue looks at it: every field has a value that the schema allows.</summary>
internal abstract record JobInput
{
    /// <summary>The files that it names, in the order in which a run is given them.</summary>
    public abstract IReadOnlyList<WantedFile> Files { get; }

    /// <summary>Equal for requests that can share what a worker has loaded.</summary>
    public virtual string LoraSet => "";
}

/// <summary>A file that an input names.</summary>
/// <param name="Url">where it is, as the client wrote it</param>
/// <param name="Kind">what it is for</param>
/// <param name="Location">the field that names it</param>
internal sealed record WantedFile(string Url, FetchKind Kind, IReadOnlyList<object> Location);
