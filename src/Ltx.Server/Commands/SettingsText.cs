using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;

namespace Ltx.Server.Commands;

/// <summary>Settings as text: as they are, as a file to begin with, as a page of documentation.</summary>
internal static class SettingsText
{
    // What is nobody's business who only reads along.
    private static readonly string[] Secrets = ["Password", "Token"];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static IReadOnlyList<SettingsCatalog.Section> Defaults => SettingsCatalog.Of(new LtxOptions(), new FetchOptions());

    /// <summary>The settings that are in force, as JSON that can be read again but for what is secret.</summary>
    /// <param name="sections">with their values</param>
    /// <param name="changedOnly">those alone that are not as they are without any file</param>
    public static string Effective(IReadOnlyList<SettingsCatalog.Section> sections, bool changedOnly)
    {
        JsonObject all = [];
        foreach ((SettingsCatalog.Section section, SettingsCatalog.Section fresh) in sections.Zip(Defaults))
        {
            JsonObject own = [];
            foreach ((SettingsCatalog.Setting setting, SettingsCatalog.Setting before) in section.Settings.Zip(fresh.Settings))
            {
                JsonNode? value = Node(setting);
                if (!changedOnly || value?.ToJsonString() != Node(before)?.ToJsonString()) own[setting.Name] = value;
            }
            if (own.Count > 0) all[section.Name] = own;
        }
        return all.ToJsonString(Indented);
    }

    /// <summary>A file with every setting as it is where nothing is said, each with what it does.</summary>
    public static string Sample()
    {
        StringBuilder text = new("// Settings of `ltx serve`: every one there is, as it is where nothing is said. Keep what you change.\n{\n");
        foreach (SettingsCatalog.Section section in Defaults)
        {
            text.Append(CultureInfo.InvariantCulture, $"  // {section.Summary}\n  \"{section.Name}\": {{\n");
            foreach (SettingsCatalog.Setting setting in section.Settings)
            {
                string bounds = setting.Bounds.Length == 0 ? "" : $" ({setting.Bounds})";
                // A value of nothing would be read as one.
                string comment = setting.Value is null ? "// " : "";
                text.Append(CultureInfo.InvariantCulture,
                    $"    // {setting.Summary}{bounds}\n    {comment}\"{setting.Name}\": {Node(setting)?.ToJsonString(Flat) ?? "null"},\n");
            }
            text.Append("  },\n");
        }
        return text.Append("}\n").ToString();
    }

    /// <summary>The page of settings in docs/.</summary>
    public static string Page()
    {
        StringBuilder text = new("""
            # Settings

            All settings of `ltx serve`, as the code has them: this page is made by `ltx config sample --markdown`, and a test holds it to that.
            They come from a JSON file (`--config`, or `ltx.json` in the current folder; comments are fine), then from the environment
            (`LTX_Queue__DrainSeconds=60`), then from the command line (`--set Queue:DrainSeconds=60`); later ones win. `ltx config check` reads
            them without starting anything, `ltx config show` prints what is in force, `ltx config sample` a file to begin with. Time spans are
            `days.hours:minutes:seconds`.

            """);
        foreach (SettingsCatalog.Section section in Defaults)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"\n## {section.Name}\n\n{section.Summary}\n\n| setting | default | what it is |\n|---|---|---|\n");
            foreach (SettingsCatalog.Setting setting in section.Settings) text.Append(Row($"{section.Name}:{setting.Name}", setting));
            foreach ((string name, object item) in Items(section))
            {
                string path = $"{section.Name}:{name}:N";
                foreach (SettingsCatalog.Setting setting in SettingsCatalog.Members(item)) text.Append(Row($"{path}:{setting.Name}", setting));
            }
        }
        return text.ToString();
    }

    private static readonly JsonSerializerOptions Flat = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Lists of objects are empty where nothing is said, and an object of theirs says what they may hold.
    private static IEnumerable<(string Name, object Item)> Items(SettingsCatalog.Section section) => section.Settings
        .Where(setting => setting.Value is not null)
        .Select(setting => (setting.Name, Type: setting.Value!.GetType() is { IsArray: true } array ? array.GetElementType()!
            : setting.Value.GetType().GenericTypeArguments.FirstOrDefault()))
        .Where(list => list.Type is { IsClass: true } type && type != typeof(string))
        .Select(list => (list.Name, Activator.CreateInstance(list.Type!)!));

    private static string Row(string path, SettingsCatalog.Setting setting)
    {
        string value = Node(setting) switch
        {
            null => "",
            JsonArray { Count: 0 } => "none",
            JsonNode node => $"`{node.ToJsonString(Flat).Trim('"')}`",
        };
        string bounds = setting.Bounds.Length == 0 ? "" : $" ({setting.Bounds})";
        return $"| `{path}` | {(value == "``" ? "" : value)} | {setting.Summary.Replace("|", "\\|", StringComparison.Ordinal)}{bounds} |\n";
    }

    private static JsonNode? Node(SettingsCatalog.Setting setting) =>
        Secrets.Contains(setting.Name) && setting.Value is string { Length: > 0 } ? "***" : Node(setting.Value);

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag,
        int or long or double => JsonSerializer.SerializeToNode(value),
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        Enum or Uri => value.ToString(),
        System.Collections.IEnumerable list => new JsonArray([.. list.Cast<object>().Select(item => Node(item))]),
        _ => new JsonObject(SettingsCatalog.Members(value).Select(member => KeyValuePair.Create(member.Name, Node(member)))),
    };
}
