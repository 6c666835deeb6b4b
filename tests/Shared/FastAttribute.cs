using Xunit.v3;

namespace Ltx.Tests;

/// <summary>A class that needs neither a model nor another program: <c>./ltx test --fast</c> runs these alone.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class FastAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Set", "fast")];
}
