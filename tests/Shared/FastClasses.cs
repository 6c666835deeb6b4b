using System.Reflection;

namespace Ltx.Tests;

/// <summary>Holds the classes that say they are <see cref="FastAttribute">fast</see> to it, by what they and the tests' helpers that they use refer to.</summary>
internal static class FastClasses
{
    // What the tests use of the project to make and read films, and stand-ins of theirs.
    private static readonly string[] Helpers = ["Ltx.Video.dll", "Ltx.Server.TestHost.dll"];

    /// <summary>No fast class of this assembly reaches one of these; one that does is told with the way.</summary>
    /// <param name="forbidden">full names of types, and of members as <c>Namespace.Type::Member</c></param>
    public static void ReachNone(params string[] forbidden)
    {
        Assembly tests = Assembly.GetExecutingAssembly();
        IEnumerable<string> helpers = Helpers.Select(name => Path.Combine(AppContext.BaseDirectory, name)).Where(File.Exists);
        Dictionary<string, HashSet<string>> references = new(helpers.Prepend(tests.Location).SelectMany(IlReferences.Read).DistinctBy(type => type.Key));
        // A name that nobody uses, because it has changed, would forbid nothing.
        Assert.All(forbidden, name => Assert.Contains(references.Values, found => found.Contains(name)));
        Type[] fast = [.. tests.GetTypes().Where(type => type.IsDefined(typeof(FastAttribute)))];
        Assert.NotEmpty(fast);
        string[] ways = [.. fast.Select(type => Way(type.FullName!, references, forbidden)).OfType<string>()];
        Assert.True(ways.Length == 0, string.Join('\n', ways));
    }

    // From a type over the helpers to something forbidden. A helper of which only a member is forbidden is not gone through.
    private static string? Way(string start, Dictionary<string, HashSet<string>> references, string[] forbidden)
    {
        Dictionary<string, string> ways = new() { [start] = start };
        Queue<string> open = new([start]);
        while (open.TryDequeue(out string? type))
        {
            foreach (string found in references[type])
            {
                string way = $"{ways[type]} -> {found}";
                if (forbidden.Contains(found)) return way;
                bool isPartly = forbidden.Any(name => name.StartsWith(found + "::", StringComparison.Ordinal));
                if (!isPartly && references.ContainsKey(found) && ways.TryAdd(found, way)) open.Enqueue(found);
            }
        }
        return null;
    }
}
