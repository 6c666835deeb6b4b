using System.Globalization;

namespace Ltx.Server.Models;

/// <summary>Holds the files of a folder against its lock: they are there, as long as the hub stated, and have the hash that it stated.</summary>
internal static class LockCheck
{
    /// <param name="folder">the model's</param>
    /// <param name="locked">its lock</param>
    /// <param name="tell">told the file's name, bytes so far, and bytes in all</param>
    /// <returns>a sentence a file that is wrong</returns>
    public static async Task<IReadOnlyList<string>> FaultsAsync(string folder, ModelLock locked, Action<string, long, long> tell, CancellationToken cancellation)
    {
        List<string> faults = [];
        long total = locked.Files.Values.Sum(file => file.Bytes), done = 0;
        foreach ((string local, ModelLock.Entry entry) in locked.Files)
        {
            string path = Path.Combine(folder, local);
            FileInfo file = new(path);
            if (!file.Exists) faults.Add($"{path} is missing; `ltx models pull` loads it.");
            else if (file.Length != entry.Bytes) faults.Add(string.Create(CultureInfo.InvariantCulture, $"{path} has {file.Length} bytes, and the hub stated {entry.Bytes}."));
            else if (await entry.Hash.OfFileAsync(path, bytes => tell(local, done += bytes, total), cancellation) is var actual && actual != entry.Hash) faults.Add($"{path} has the {actual}, and the hub stated {entry.Hash.Value}: it was changed or damaged here. Remove it and pull again.");
        }
        return faults;
    }
}
