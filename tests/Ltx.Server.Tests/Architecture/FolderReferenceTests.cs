using System.Reflection;
using Ltx.Inference;
using Ltx.Server.Tests.Commands;
using Ltx.Training;
using Ltx.Video;

namespace Ltx.Server.Tests.Architecture;

/// <summary>Which folders of <c>src/</c> refer to which, by their IL, against the tables of <c>docs/design.md</c>.</summary>
[Fast]
public class FolderReferenceTests
{
    private const string Root = "(root)";

    private static readonly Dictionary<string, Assembly> Projects = new()
    {
        ["Ltx.Inference"] = typeof(InferenceException).Assembly,
        ["Ltx.Video"] = typeof(FrameRate).Assembly,
        ["Ltx.Training"] = typeof(TrainingSample).Assembly,
        ["Ltx.Server"] = typeof(ServeHost).Assembly,
    };

    public static TheoryData<string> Names => [.. Projects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_folder_refers_to_what_the_plan_says_and_to_nothing_else(string project)
    {
        HashSet<Reference> planned = FolderPlan.Read().Projects[project], real = [.. References(project)];
        string[] differences =
        [
            .. real.Except(planned).Select(reference => $"{reference} is not in the plan."),
            .. planned.Except(real).Select(reference => $"{reference} is in the plan, and no code does so."),
        ];
        Assert.True(differences.Length == 0, string.Join('\n', differences));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_folder_comes_back_to_itself_but_by_what_the_plan_lists(string project)
    {
        HashSet<Reference> listed = FolderPlan.Read().Circles[project], straight = [.. References(project).Except(listed)];
        foreach (Reference reference in straight) Assert.False(Leads(straight, reference.To, reference.From), $"{reference} closes a circle.");
        // What closes none any more comes off the list.
        foreach (Reference reference in listed) Assert.True(Leads(straight, reference.To, reference.From), $"{reference} closes no circle.");
    }

    /// <summary>The namespace of a type is its folder; folders in folders belong to the outer one.</summary>
    private static IEnumerable<Reference> References(string project)
    {
        string? Folder(string name) => !name.StartsWith(project + ".", StringComparison.Ordinal) ? null
            : name[(project.Length + 1)..].Split("::")[0].Split('.') is [var folder, _, ..] ? folder : Root;
        return
        [
            .. from type in IlReferences.Read(Projects[project].Location)
               from name in type.Value
               let reference = new Reference(Folder(type.Key)!, Folder(name)!)
               where reference is { From: not null, To: not null } && reference.From != reference.To
               select reference
        ];
    }

    private static bool Leads(HashSet<Reference> references, string from, string to)
    {
        HashSet<string> seen = [from];
        Queue<string> open = new([from]);
        while (open.TryDequeue(out string? folder))
        {
            if (folder == to) return true;
            foreach (Reference reference in references.Where(reference => reference.From == folder && seen.Add(reference.To))) open.Enqueue(reference.To);
        }
        return false;
    }
}
