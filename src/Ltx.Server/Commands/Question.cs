namespace Ltx.Server.Commands;

/// <summary>A question before something that cannot be taken back.</summary>
internal static class Question
{
    /// <summary>Whether the person at the terminal says yes; nobody does where there is no terminal.</summary>
    public static bool Asks(string question)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected) return false;
        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
