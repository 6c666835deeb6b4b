namespace Ltx.Server.Fal;

/// <summary>The stages a LoRA is applied in; `transformer` on the wire.</summary>
[Flags]
internal enum LoraStages
{
    None = 0,
    First = 1,
    Second = 2,
    Both = First | Second,
}
