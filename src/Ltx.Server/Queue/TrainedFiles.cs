namespace Ltx.Server.Queue;

/// <summary>
/// What a training has made: files in its folder. They stay there until the request's end is on disk, so that an attempt after a crash finds them as
/// they were left.
/// </summary>
/// <param name="Lora">the .safetensors file</param>
/// <param name="Config">a .json file: how the training was made</param>
/// <param name="Previews">an MP4 of all validation clips; null where none were asked for</param>
/// <param name="DataSet">a .zip of what was trained with; null where it was not asked for</param>
/// <param name="StageSeconds">seconds by stage, named as the progress did</param>
internal sealed record TrainedFiles(string Lora, string Config, string? Previews, string? DataSet, IReadOnlyDictionary<string, double> StageSeconds);
