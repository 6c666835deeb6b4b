namespace Ltx.Server.Configuration;

/// <summary>Options with rules that an attribute cannot say. Every problem is one sentence that begins with the setting's name.</summary>
internal interface ICheckedOptions
{
    IEnumerable<string> Check();
}
