using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Architecture;

/// <summary>One folder's code names something of another folder.</summary>
internal readonly record struct Reference(string From, string To)
{
    public override string ToString() => $"{From} -> {To}";
}

/// <summary>The tables below "Who knows whom" in <c>docs/design.md</c>.</summary>
/// <param name="Projects">what each folder of a project refers to</param>
/// <param name="Circles">those of these references that close a circle</param>
internal sealed record FolderPlan(Dictionary<string, HashSet<Reference>> Projects, Dictionary<string, HashSet<Reference>> Circles)
{
    public static FolderPlan Read()
    {
        FolderPlan plan = new([], []);
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "design.md"));
        IEnumerable<string> section = lines.SkipWhile(line => line != "### Who knows whom").Skip(1).TakeWhile(line => !line.StartsWith("##", StringComparison.Ordinal));
        HashSet<Reference> references = [], circles = [];
        foreach (string line in section)
        {
            if (line.StartsWith("**", StringComparison.Ordinal))
            {
                string project = line.Split("**")[1];
                (plan.Projects[project], plan.Circles[project]) = (references, circles) = ([], []);
            }
            if (line.Split('|', StringSplitOptions.TrimEntries) is not ["", var from, var to, ..] || from.StartsWith('-') || from is "folder" or "reference") continue;
            // What closes a circle stands in a line of its own, with what opens it.
            if (from.Split(" -> ") is [var source, var target]) circles.Add(new Reference(source, target));
            else references.UnionWith(to.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => new Reference(from, name)));
        }
        return plan;
    }
}
