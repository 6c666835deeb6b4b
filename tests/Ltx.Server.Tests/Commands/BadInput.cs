namespace Ltx.Server.Tests.Commands;

/// <summary>One thing that goes wrong.</summary>
/// <param name="Name">what it is</param>
/// <param name="ExitCode">2 where the user gave something that cannot be used, 1 where this machine or program failed</param>
/// <param name="Says">words that the sentence must hold</param>
/// <param name="Arrange">makes a sound call go wrong in this way</param>
internal sealed record BadInput(string Name, int ExitCode, string Says, Action<InpaintCall> Arrange)
{
    /// <summary>Whether the model is all that has to be looked at for it, as every command that computes loads it.</summary>
    public bool IsOfTheModel { get; init; }

    public const int Users = 2, Ours = 1;
}
