using System.CommandLine;
using Ltx.Server.Media;
using Ltx.Server.Models;

namespace Ltx.Server.Commands;

/// <summary>`ltx models pull`: brings a published model onto this machine.</summary>
internal sealed class ModelsPullCommand
{
    private const string Default = "ltx-2.3", EndpointVariable = "HF_ENDPOINT";

    private readonly Argument<string> name = new("name") { Description = "a model that `ltx models list` names", DefaultValueFactory = _ => Default };
    private readonly Option<string?> to = new("--to") { Description = "the folder for it; models/NAME where it is not given" };
    private readonly Option<bool> accept = new("--accept-licence") { Description = "accept the licences without being asked" };
    private readonly Option<bool> update = new("--update") { Description = "take what the publisher has now, where an earlier pull pinned a commit" };
    private readonly Option<string?> token = new("--token-file") { Description = $"file with the hub's token; otherwise {HubToken.Variable} or the file of the hub's own tools" };
    private readonly Option<string?> endpoint = new("--endpoint") { Description = $"the hub or a mirror; otherwise {EndpointVariable} or the manifest's" };
    private readonly Option<string?> manifest = new("--manifest") { Description = "another manifest than models/manifest.json" };
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "say what would be loaded, and load nothing" };
    private readonly Option<int> connections = new("--connections") { Description = "ranges loaded at once", DefaultValueFactory = _ => 4 };

    public static Command Create()
    {
        ModelsPullCommand definition = new();
        Command command = new("pull", "Downloads a model from the Hugging Face hub: can be broken off and goes on, checks size and hash of every file.")
        {
            definition.name, definition.to, definition.accept, definition.update, definition.token, definition.endpoint, definition.manifest,
            definition.connections, definition.dryRun,
        };
        command.SetAction((arguments, cancellation) => CommandFailure.Guard(() => definition.RunAsync(arguments, cancellation), cancellation));
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        ModelManifest read = ModelManifest.Read(arguments.GetValue(manifest) ?? Path.Combine(ModelLocator.Models, ModelManifest.FileName));
        string wanted = arguments.GetValue(name)!;
        ModelManifest.Model model = read.Find(wanted);
        string folder = Path.GetFullPath(arguments.GetValue(to) ?? Path.Combine(ModelLocator.Models, wanted));
        if (arguments.GetValue(connections) is < 1 or > 64) throw CommandFailure.Wrong("--connections must be 1 to 64.");
        Accept(read, model, arguments.GetValue(accept));
        HubOptions options = new(Endpoint(arguments.GetValue(endpoint), read), HubToken.Find(arguments.GetValue(token), Environment.GetEnvironmentVariable)) { Connections = arguments.GetValue(connections) };
        using HubClient hub = new(options);
        ModelPull pull = new(hub, wanted, model, folder);
        OutputPath.Folder("--to", folder);
        PullPlan plan = await pull.PlanAsync(arguments.GetValue(update), cancellation);
        foreach (string note in plan.Notes) Console.WriteLine(note);
        foreach ((string repository, string commit) in plan.Lock.Repositories) Console.WriteLine($"{repository} at {commit}");
        Console.WriteLine(Sizes(plan, pull.BytesToLoad(plan), folder));
        if (arguments.GetValue(dryRun)) return 0;
        await ByteProgress.ShowAsync(async tell =>
        {
            await pull.LoadAsync(plan, tell, cancellation);
            return true;
        });
        Console.WriteLine($"{folder} is ready; `ltx models verify {folder}` reads and checks every byte of it.");
        return 0;
    }

    // What is still to come is told, and not what is here already, in whole files or in parts of one.
    private static string Sizes(PullPlan plan, long toLoad, string folder)
    {
        long all = plan.Lock.Files.Values.Sum(file => file.Bytes);
        if (plan.Missing.Count == 0) return $"All {plan.Lock.Files.Count} files are there, {ModelsCommand.Size(all)}.";
        string rest = toLoad == all ? "" : $"; the rest of {ModelsCommand.Size(all)} is there already";
        string free = ModelsCommand.Size(new DriveInfo(folder).AvailableFreeSpace);
        return $"{plan.Missing.Count} of {plan.Lock.Files.Count} files to load, {ModelsCommand.Size(toLoad)}, into {folder}, where {free} are "
            + $"free{rest}";
    }

    // What somebody agrees to is shown every time, whoever accepts it.
    private static void Accept(ModelManifest manifest, ModelManifest.Model model, bool accepted)
    {
        Console.WriteLine(model.Description);
        foreach (IGrouping<string, ModelManifest.Part> licence in model.Parts.Values.GroupBy(part => part.Licence))
        {
            Console.WriteLine($"  {manifest.Licences[licence.Key].Name}, {manifest.Licences[licence.Key].Page}");
            foreach (string repository in licence.Select(part => part.Repository).Distinct()) Console.WriteLine($"    {repository}");
        }
        if (accepted) return;
        if (Console.IsInputRedirected) throw CommandFailure.Wrong("These licences must be accepted before anything is loaded: read them, then call again with --accept-licence.");
        Console.Write("Do you accept them? [y/N] ");
        if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes")) throw CommandFailure.Wrong("Nothing was loaded: the licences were not accepted.");
    }

    private static Uri Endpoint(string? option, ModelManifest manifest)
    {
        string? text = option ?? (Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } variable ? variable : null);
        if (text is null) return manifest.Endpoint;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? url : throw CommandFailure.Wrong($"The endpoint \"{text}\" is no http or https URL.");
    }
}
