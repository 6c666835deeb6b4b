namespace Ltx.Server.Queue;

/// <summary>Memory of one device, in bytes.</summary>
internal sealed record DeviceMemory(string Device, long Used, long Total);
