using Ltx.Server.Fal;
using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>One attempt at a training, its inputs on the local disk.</summary>
/// <param name="RequestId">whose attempt it is</param>
/// <param name="Attempt">1 for the first</param>
/// <param name="Input">what the request asks for</param>
/// <param name="DataSet">the zip, as it came: nobody has looked into it</param>
/// <param name="Validation">the clips of <see cref="TrainingInput.Validation"/>, in their order</param>
/// <param name="Folder">the training's own: what an attempt leaves there the next one finds, until the request has ended</param>
/// <param name="ComesBack">asked once the attempt was told to stop: whether another one will follow</param>
internal sealed record TrainingJob(
    string RequestId,
    int Attempt,
    TrainingInput Input,
    FetchedFile DataSet,
    IReadOnlyList<ValidationClip> Validation,
    string Folder,
    Func<bool> ComesBack);

/// <summary>What one preview is made of; files that its kind of training does not need are null.</summary>
internal sealed record ValidationClip(string Prompt, FetchedFile? Video, FetchedFile? Mask, FetchedFile? Reference, FetchedFile? Image);
