using System.CommandLine;
using System.Globalization;
using System.Numerics;
using Ltx.Server.Fal;

namespace Ltx.Server.Commands;

/// <summary>An option that is a number of the endpoint's input: bounds and default are the schema's.</summary>
internal sealed class FieldOption<T> : Option<T> where T : INumber<T>
{
    private readonly InputField field;

    /// <param name="name">of the option</param>
    /// <param name="field">of the endpoint's input</param>
    /// <param name="what">what it is, without its bounds</param>
    public FieldOption(string name, string field, string what) : base(name)
    {
        this.field = InpaintSchema.Field(field);
        Description = string.Create(CultureInfo.InvariantCulture, $"{what}, {this.field.Minimum} to {this.field.Maximum}");
        DefaultValueFactory = _ => T.CreateChecked(Convert.ToDouble(this.field.Default, CultureInfo.InvariantCulture));
    }

    /// <exception cref="Ltx.Inference.InferenceException">The value is beyond the bounds.</exception>
    public T Read(ParseResult arguments)
    {
        T value = arguments.GetValue(this)!;
        CommandFailure.Within(Name, double.CreateChecked(value), field.Minimum!.Value, field.Maximum!.Value);
        return value;
    }
}
