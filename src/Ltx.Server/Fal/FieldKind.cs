namespace Ltx.Server.Fal;

/// <summary>The types that the endpoint's input fields have.</summary>
internal enum FieldKind
{
    Text,
    Url,
    Number,
    Integer,
    Boolean,
    Choice,
    Loras,
}
