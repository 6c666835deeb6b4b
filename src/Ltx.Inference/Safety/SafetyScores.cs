namespace Ltx.Inference.Safety;

/// <summary>What the classifier says of one picture: probabilities that add up to 1.</summary>
/// <param name="Drawing">a harmless drawing</param>
/// <param name="Hentai">a pornographic drawing</param>
/// <param name="Neutral">a harmless photograph</param>
/// <param name="Porn">a pornographic photograph</param>
/// <param name="Sexy">an explicit photograph that is not pornography</param>
public readonly record struct SafetyScores(double Drawing, double Hentai, double Neutral, double Porn, double Sexy);
