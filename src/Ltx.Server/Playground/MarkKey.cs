namespace Ltx.Server.Playground;

/// <summary>
/// A shape's numbers at one time. For a rectangle or an ellipse x, y, rx, ry, cos, sin; for a polygon x and y of every corner; for a brush its
/// radius, then x and y of every point.
/// </summary>
internal sealed record MarkKey(double Time, double[] Numbers);
