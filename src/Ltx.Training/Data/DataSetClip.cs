namespace Ltx.Training.Data;

/// <summary>The files that make one clip of a data set. Which they are is known by their names alone: nobody has looked into them.</summary>
/// <param name="Name">what the clip is called, from the data set's folder on, with slashes and without an ending</param>
/// <param name="Target">the full path of the video or picture that is learned</param>
/// <param name="IsPicture">whether that is named as a picture</param>
/// <param name="Caption">what the prompt is, trigger phrase included; may be empty</param>
internal sealed record DataSetClip(string Name, string Target, bool IsPicture, string Caption)
{
    /// <summary>A video or a picture, white where the clip is to be made anew; null where the kind has none.</summary>
    public string? Mask { get; init; }

    /// <summary>What the clip is made from; null where the kind has none.</summary>
    public string? Reference { get; init; }

    /// <summary>What was made of the clip that its maker may not expect, in sentences.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
