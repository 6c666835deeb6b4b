namespace Ltx.Server.Playground;

/// <summary>A drawing (docs/marks.md).</summary>
internal sealed record Marks(bool Invert, IReadOnlyList<MarkShape> Shapes);
