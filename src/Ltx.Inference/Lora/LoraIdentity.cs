namespace Ltx.Inference.Lora;

/// <summary>A file and the state it was in.</summary>
internal readonly record struct LoraIdentity(string Path, long Length, DateTime Written);
