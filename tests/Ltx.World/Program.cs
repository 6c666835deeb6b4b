using System.CommandLine;
using Ltx.World.Commands;

RootCommand root = new("The miniature's small world: its scenes, what models make of them, and the proof that a LoRA can be taught something.")
{
    SceneCommand.Create(),
    ObeyedCommand.Create(),
    SetCommand.Create(),
    ProveCommand.Create(),
    TeachCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
