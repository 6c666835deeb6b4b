using System.CommandLine;
using Ltx.Inference.Recipes;
using Ltx.Server.Media;

namespace Ltx.Server.Commands;

/// <summary>`ltx recipes`: which there are, and what they say.</summary>
internal static class RecipesCommand
{
    public static Command Create()
    {
        Argument<string> name = new("name") { Description = "of a recipe, or the path of its file" };
        Command list = new("list", "Lists the recipes, each with a sentence."), show = new("show", "Prints a recipe whole, with its sources and where it leaves them.") { name };
        Option<bool> json = TellingOptions.Json();
        list.Options.Add(json);
        name.CompletionSources.Add(_ => RecipeBook.Names(ModelLocator.Recipes)
            .Select(recipe => new System.CommandLine.Completions.CompletionItem(recipe)));
        list.SetAction(arguments => CommandFailure.Guard(() => List(arguments.GetValue(json))));
        show.SetAction((arguments, cancellation) => CommandFailure.Guard(() => Task.FromResult(Show(arguments.GetValue(name)!)), cancellation));
        return new Command("recipes", "Shows what is done with a clip: strengths, samplers, schedules, guidance, sizes and seams.") { list, show };
    }

    private static int List(bool json)
    {
        IReadOnlyList<string> names = RecipeBook.Names(ModelLocator.Recipes);
        if (json)
        {
            TellingOptions.Print(names.Select(name => new { Name = name, RecipeBook.Open(name, ModelLocator.Recipes).Description }));
            return 0;
        }
        int width = names.Max(name => name.Length);
        foreach (string name in names) Console.WriteLine($"{name.PadRight(width)}  {RecipeBook.Open(name, ModelLocator.Recipes).Description}");
        return 0;
    }

    private static int Show(string name)
    {
        Console.WriteLine(RecipeBook.Text(RecipeBook.Open(name, ModelLocator.Recipes)));
        return 0;
    }
}
