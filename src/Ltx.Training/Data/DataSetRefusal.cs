namespace Ltx.Training.Data;

/// <summary>A clip, or a file of none, that is not trained with.</summary>
/// <param name="Name">of the clip or the file, from the data set's folder on, with slashes</param>
/// <param name="Reason">one sentence</param>
internal sealed record DataSetRefusal(string Name, string Reason)
{
    public override string ToString() => $"{Quoted.Name(Name)}: {Reason}";
}
