namespace Ltx.Server.Fal;

/// <summary>An exception that says itself what the client is told.</summary>
internal interface IFalAnswer
{
    FalError Answer { get; }
}
