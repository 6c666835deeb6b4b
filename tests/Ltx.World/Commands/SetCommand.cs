using System.CommandLine;
using Ltx.World.Clips;
using Ltx.World.Judging;

namespace Ltx.World.Commands;

/// <summary>`set`: a data set as the trainer takes it.</summary>
internal static class SetCommand
{
    public static Command Create()
    {
        Argument<string> lesson = new("lesson") { Description = $"what it teaches: {string.Join(" or ", Lessons.All.Select(lesson => lesson.Name))}" };
        Argument<string> folder = new("folder") { Description = "where it goes" };
        Option<int> clips = new("--clips") { Description = "how many", DefaultValueFactory = _ => Lesson.Clips };
        Option<bool> zip = new("--zip") { Description = "as a zip beside the folder, too" };
        Command command = new("set", "Writes a data set in the hosted trainers' layout.") { lesson, folder, clips, zip };
        command.SetAction(async (arguments, _) =>
        {
            string target = arguments.GetValue(folder)!;
            await Lessons.Of(arguments.GetValue(lesson)!).WriteSetAsync(target, arguments.GetValue(clips));
            Console.WriteLine(arguments.GetValue(zip) ? DataSets.Zip(target) : target);
            return 0;
        });
        return command;
    }
}
