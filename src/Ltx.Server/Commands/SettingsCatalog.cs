using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;

namespace Ltx.Server.Commands;

/// <summary>Every setting that there is, with what the code itself says of it: the sample and the page of settings are made of this.</summary>
internal static partial class SettingsCatalog
{
    // What a type holds and no setting means.
    private const double NoBound = 1e15;

    private static readonly Lazy<Dictionary<string, string>> Summaries = new(ReadSummaries);

    /// <summary>A section's settings, and what they are about.</summary>
    internal sealed record Section(string Name, string Summary, IReadOnlyList<Setting> Settings);

    /// <summary>One setting.</summary>
    /// <param name="Name">within its section</param>
    /// <param name="Summary">what it is</param>
    /// <param name="Bounds">for a number that has some; else empty</param>
    /// <param name="Value">of given options</param>
    internal sealed record Setting(string Name, string Summary, string Bounds, object? Value);

    /// <summary>The sections with the values of given options.</summary>
    public static IReadOnlyList<Section> Of(LtxOptions options, FetchOptions fetch) =>
    [
        .. typeof(LtxOptions).GetProperties().Select(property => Read(property.Name, property.GetValue(options)!)),
        Read(FetchOptions.Section, fetch),
    ];

    /// <summary>What an object in a list of settings holds, for instance a key.</summary>
    public static IReadOnlyList<Setting> Members(object item) => [.. Properties(item.GetType()).Select(property => Of(property, item))];

    private static Section Read(string name, object options) => new(name, Summary($"T:{options.GetType().FullName}"), Members(options));

    private static Setting Of(PropertyInfo property, object options)
    {
        RangeAttribute? range = property.GetCustomAttribute<RangeAttribute>();
        string bounds = range is null ? ""
            : Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture) >= NoBound ? FormattableString.Invariant($"{range.Minimum} or more")
            : FormattableString.Invariant($"{range.Minimum} to {range.Maximum}");
        return new Setting(property.Name, Summary($"P:{property.DeclaringType!.FullName}.{property.Name}"), bounds, property.GetValue(options));
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties()
        .Where(property => property.CanWrite && property.GetMethod!.IsPublic);

    private static string Summary(string member) => Summaries.Value.GetValueOrDefault(member, "");

    // The compiler's own file of what stands above each property.
    private static Dictionary<string, string> ReadSummaries()
    {
        string file = Path.ChangeExtension(typeof(SettingsCatalog).Assembly.Location, ".xml");
        if (!File.Exists(file)) return [];
        return XDocument.Load(file).Descendants("member").Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Text(member.Element("summary")!));
    }

    private static string Text(XElement summary)
    {
        foreach (XElement reference in summary.Descendants("see").ToList())
        {
            reference.ReplaceWith($"`{reference.Attribute("cref")?.Value.Split('.')[^1]}`");
        }
        foreach (XElement code in summary.Descendants("c").ToList()) code.ReplaceWith($"`{code.Value}`");
        return Spaces().Replace(summary.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
