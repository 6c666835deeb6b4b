namespace Ltx.Training;

/// <summary>What a training is made from, by content.</summary>
/// <param name="Model">name and hash of the model's checkpoint</param>
/// <param name="Data">a hash over all that was prepared, in its order</param>
public sealed record TrainingIdentity(string Model, string Data);
