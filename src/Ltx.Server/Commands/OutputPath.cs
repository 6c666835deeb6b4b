namespace Ltx.Server.Commands;

/// <summary>Where a command may write: looked at before the work, which may take long, begins.</summary>
internal static class OutputPath
{
    /// <summary>The full path of a file to write.</summary>
    /// <param name="option">that it was given with, for instance <c>--out</c></param>
    /// <param name="path">as it was given</param>
    /// <param name="inputs">files that are read, and not to be written over</param>
    /// <exception cref="Ltx.Inference.InferenceException">No file can be written there.</exception>
    public static string File(string option, string path, params ReadOnlySpan<string> inputs)
    {
        string full = Full(option, path);
        string folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full)) throw CommandFailure.Wrong($"{option}: {full} is a folder.");
        if (!Directory.Exists(folder)) throw CommandFailure.Wrong($"{option}: the folder {folder} does not exist.");
        foreach (string input in inputs)
        {
            if (Path.GetFullPath(input) == full) throw CommandFailure.Wrong($"{option}: {full} is what is read, and would be lost.");
        }
        TryWriting(option, folder);
        return full;
    }

    /// <summary>The full path of a video to write, which is an MP4 and is called one, and stands in nobody's place unasked.</summary>
    /// <param name="option">that it was given with</param>
    /// <param name="path">as it was given</param>
    /// <param name="mayOverwrite">what is there already may be written over</param>
    /// <param name="inputs">files that are read, and not to be written over</param>
    /// <exception cref="Ltx.Inference.InferenceException">No file can be written there, or none should be.</exception>
    public static string Video(string option, string path, bool mayOverwrite, params ReadOnlySpan<string> inputs)
    {
        string full = File(option, path, inputs);
        if (!Path.GetExtension(full).Equals(".mp4", StringComparison.OrdinalIgnoreCase))
        {
            throw CommandFailure.Wrong($"{option}: {full} would be an MP4, and its name must end in .mp4.");
        }
        if (System.IO.File.Exists(full) && !mayOverwrite && !Question.Asks($"{full} is there already. Write over it?"))
        {
            throw CommandFailure.Wrong($"{option}: {full} is there already; add --yes to write over it.");
        }
        return full;
    }

    /// <summary>The full path of a folder to write into, which is made where it is missing.</summary>
    /// <exception cref="Ltx.Inference.InferenceException">Nothing can be written there.</exception>
    public static string Folder(string option, string path)
    {
        string full = Full(option, path);
        if (System.IO.File.Exists(full)) throw CommandFailure.Wrong($"{option}: {full} is a file, and a folder is needed.");
        try
        {
            Directory.CreateDirectory(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Wrong($"{option}: the folder {full} cannot be made.");
        }
        TryWriting(option, full);
        return full;
    }

    private static string Full(string option, string path) => path.Length > 0 ? Path.GetFullPath(path) : throw CommandFailure.Wrong($"{option} is empty.");

    private static void TryWriting(string option, string folder)
    {
        string trial = Path.Combine(folder, $".ltx-{Guid.NewGuid():N}.part");
        try
        {
            using FileStream file = new(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandFailure.Wrong($"{option}: the folder {folder} cannot be written to.");
        }
    }
}
