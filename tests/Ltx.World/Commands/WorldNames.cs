using Ltx.World.Scenes;

namespace Ltx.World.Commands;

/// <summary>Worlds by the names that commands have for them.</summary>
internal static class WorldNames
{
    public const string Known = "known", Pink = "pink", Band = "band";

    /// <exception cref="ArgumentException">There is no such world.</exception>
    public static Scene Scene(string world, int number) => world switch
    {
        Known => Worlds.Known(number),
        Pink => Worlds.Pink(number),
        Band => Worlds.Band(number),
        _ => throw new ArgumentException($"There is no world \"{world}\": {Known}, {Pink} or {Band}.", nameof(world)),
    };
}
