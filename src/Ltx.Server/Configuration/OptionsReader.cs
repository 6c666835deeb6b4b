using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Ltx.Server.Configuration;

/// <summary>
/// Reads options from configuration and collects every problem: the framework's binder stops at the first value that it
/// cannot convert and never notices a misspelt name.
/// </summary>
internal static class OptionsReader
{
    /// <summary>Reads the root: one section a property. Sections that are nobody's property are left to their owners.</summary>
    public static LtxOptions Read(IConfiguration configuration, List<string> problems)
    {
        LtxOptions options = new();
        foreach (var property in typeof(LtxOptions).GetProperties())
        {
            ReadSection(property.GetValue(options)!, configuration.GetSection(property.Name), problems);
        }

        return options;
    }

    /// <summary>Fills one options object from its section and checks it.</summary>
    public static void ReadSection(object options, IConfigurationSection section, List<string> problems)
    {
        var before = problems.Count;
        Fill(options, section, problems);
        if (problems.Count > before)
        {
            return; // a rule over values that could not be read would only repeat the problem
        }

        List<ValidationResult> results = [];
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
        problems.AddRange(results.Select(r => $"{section.Path}:{string.Join(',', r.MemberNames)}: {r.ErrorMessage}"));
        if (options is ICheckedOptions checkedOptions)
        {
            problems.AddRange(checkedOptions.Check());
        }
    }

    private static void Fill(object options, IConfigurationSection section, List<string> problems)
    {
        var properties = options.GetType().GetProperties().Where(p => p.CanWrite).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                problems.Add($"{child.Path}: there is no such setting; {section.Path} has {string.Join(", ", properties.Keys)}");
                continue;
            }

            ReadProperty(options, property, child, problems);
        }
    }

    private static void ReadProperty(object options, PropertyInfo property, IConfigurationSection child, List<string> problems)
    {
        if (!property.PropertyType.IsArray)
        {
            if (TryConvert(child, property.PropertyType, problems, out var value))
            {
                property.SetValue(options, value);
            }

            return;
        }

        var elementType = property.PropertyType.GetElementType()!;
        List<object?> elements = [];
        foreach (var element in child.GetChildren().OrderBy(c => int.TryParse(c.Key, out var n) ? n : int.MaxValue))
        {
            if (Type.GetTypeCode(elementType) == TypeCode.Object)
            {
                var item = Activator.CreateInstance(elementType)!;
                Fill(item, element, problems);
                elements.Add(item);
            }
            else if (TryConvert(element, elementType, problems, out var value))
            {
                elements.Add(value);
            }
        }

        // One value may also be given plainly, several separated by commas: LTX_Server__TrustedProxies=10.0.0.1,10.0.0.2
        if (child.Value is { Length: > 0 } plain)
        {
            foreach (var part in plain.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (TryConvert(child.Path, part, elementType, problems, out var value))
                {
                    elements.Add(value);
                }
            }
        }

        var array = Array.CreateInstance(elementType, elements.Count);
        for (var i = 0; i < elements.Count; i++)
        {
            array.SetValue(elements[i], i);
        }

        property.SetValue(options, array);
    }

    private static bool TryConvert(IConfigurationSection section, Type type, List<string> problems, out object? value) =>
        TryConvert(section.Path, section.Value, type, problems, out value);

    private static bool TryConvert(string path, string? text, Type type, List<string> problems, out object? value)
    {
        value = null;
        if (text is null)
        {
            problems.Add($"{path}: a value was expected, not a section");
            return false;
        }

        if (type == typeof(string))
        {
            value = text;
            return true;
        }

        try
        {
            value = TypeDescriptor.GetConverter(type).ConvertFromString(null, CultureInfo.InvariantCulture, text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException or OverflowException)
        {
            problems.Add($"{path}: '{text}' is not a valid {Describe(type)}");
            return false;
        }
    }

    private static string Describe(Type type) =>
        Nullable.GetUnderlyingType(type) is { } inner ? Describe(inner)
        : type == typeof(bool) ? "true or false"
        : type == typeof(TimeSpan) ? "time span (days.hours:minutes:seconds)"
        : type.IsEnum ? $"value ({string.Join(", ", Enum.GetNames(type))})"
        : type == typeof(double) ? "number"
        : "whole number";
}
