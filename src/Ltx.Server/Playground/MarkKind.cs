namespace Ltx.Server.Playground;

/// <summary>What a shape of a drawing is.</summary>
internal enum MarkKind
{
    Rect,
    Ellipse,
    Polygon,
    Brush,
}
