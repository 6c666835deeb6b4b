namespace Ltx.Server.Fal;

/// <summary>What work a request asks for: each kind has its own order in the queue and its own workers.</summary>
internal enum JobKind
{
    Inpaint,
    Training,
}
