namespace Ltx.Training;

/// <summary>Kinds by the names that commands and addresses have for them.</summary>
public static class TrainingKinds
{
    private static readonly Dictionary<TrainingKind, string> Names = new()
    {
        [TrainingKind.Inpaint] = "inpaint",
        [TrainingKind.Outpaint] = "outpaint",
        [TrainingKind.VideoToVideo] = "v2v",
        [TrainingKind.MaskedVideoToVideo] = "v2v-masked",
        [TrainingKind.TextToVideo] = "t2v",
        [TrainingKind.ImageToVideo] = "i2v",
    };

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> All => Names.Values;

    public static string NameOf(TrainingKind kind) => Names[kind];

    /// <summary>Null where there is no kind of that name.</summary>
    public static TrainingKind? Find(string name) => Names.Where(pair => pair.Value == name).Select(pair => (TrainingKind?)pair.Key).FirstOrDefault();
}
