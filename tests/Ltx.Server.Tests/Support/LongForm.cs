namespace Ltx.Server.Tests.Support;

/// <summary>`./ltx test --long`: a search goes on for longer, or from another seed, than every run of the suite has time for.</summary>
internal static class LongForm
{
    public static bool IsOn => Environment.GetEnvironmentVariable("LTX_TEST_LONG") == "1";
}
