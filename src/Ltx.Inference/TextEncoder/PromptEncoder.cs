using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Prompts in, contexts for the transformer out: tokenizer, Gemma 3, feature extractor and both connectors. Holds all their weights
/// until it is disposed; a new one can be made at any time.
/// </summary>
public sealed class PromptEncoder : IDisposable
{
    private readonly string folder;
    private readonly Device device;
    private readonly Func<FeatureExtractor> loadFeatures;
    private readonly Func<EmbeddingsConnector> loadVideoConnector, loadAudioConnector;

    /// <param name="model">names the folder with Gemma</param>
    /// <param name="checkpoint">holds the projection and the connectors; must stay open as long</param>
    /// <param name="device">where to compute</param>
    /// <param name="type">what to compute in</param>
    /// <param name="tokenizer">one that was opened before, which saves a second or two; null to open the folder's</param>
    /// <param name="streams">
    /// whether every part is read when it computes and dropped after it: Gemma layer by layer, then the projection, then each connector. For
    /// devices that cannot hold them; a prompt then takes as long as reading all of it.
    /// </param>
    /// <param name="sees">whether Gemma's vision tower is there, too, so that it can be shown pictures; never where it streams</param>
    /// <exception cref="WeightsException">A file is missing, or is not the model that its config describes.</exception>
    public PromptEncoder(ModelFolder model, Checkpoint checkpoint, Device device, ScalarType type, GemmaTokenizer? tokenizer = null, bool streams = false, bool sees = false)
    {
        Streams = streams;
        folder = model.TextEncoder;
        this.device = device;
        Tokenizer = tokenizer ?? GemmaTokenizer.Open(model);
        ConfigSection transformer = checkpoint.Config.Section("transformer");
        try
        {
            Gemma = new GemmaEncoder(model, device, type, streams);
            if (Tokenizer.Count > Gemma.Config.VocabularySize) throw new WeightsException($"{folder}: the tokenizer has {Tokenizer.Count} ids, and the model only {Gemma.Config.VocabularySize}.");
            loadFeatures = () => new FeatureExtractor(checkpoint, Gemma.Config.HiddenSize, Gemma.Config.Layers + 1, device, type);
            loadVideoConnector = () => new EmbeddingsConnector(checkpoint, EmbeddingsConnector.VideoPrefix, ConnectorConfig.Video(transformer), device, type);
            loadAudioConnector = () => new EmbeddingsConnector(checkpoint, EmbeddingsConnector.AudioPrefix, ConnectorConfig.Audio(transformer), device, type);
            if (streams) return;
            if (sees) Eyes = new ImageEncoder(model, device, type);
            Features = loadFeatures();
            VideoConnector = loadVideoConnector();
            AudioConnector = loadAudioConnector();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public GemmaTokenizer Tokenizer { get; }

    /// <summary>Whether its parts are read anew for every prompt.</summary>
    public bool Streams { get; }

    /// <summary>Whether <see cref="Answer"/> takes a picture.</summary>
    public bool Sees => Eyes is not null;

    internal GemmaEncoder Gemma { get; }

    internal ImageEncoder? Eyes { get; }

    internal FeatureExtractor? Features { get; }

    internal EmbeddingsConnector? VideoConnector { get; }

    internal EmbeddingsConnector? AudioConnector { get; }

    /// <summary>Insists that a model's Gemma can be shown pictures; reads configs and headers alone.</summary>
    /// <exception cref="WeightsException">It cannot; the sentence says what is missing.</exception>
    public static void CheckSight(ModelFolder model)
    {
        using TensorArchive archive = model.Files.OpenFolder(model.TextEncoder);
        ImageEncoder.Check(model, archive);
    }

    /// <summary>Encodes prompts, one after the other: the hidden states of one take 400 MB in the real model.</summary>
    /// <param name="prompts">at least one</param>
    /// <returns>contexts that belong to the caller's scope</returns>
    public PromptContext Encode(IReadOnlyList<string> prompts)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompts.Count);
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        List<PromptContext> contexts = [.. prompts.Select(Encode)];
        return new PromptContext(
            cat([.. contexts.Select(context => context.Video)]).MoveToOuterDisposeScope(),
            cat([.. contexts.Select(context => context.Audio)]).MoveToOuterDisposeScope());
    }

    /// <summary>Lets Gemma answer a user's text under a system text, as the reference's prompt enhancement does.</summary>
    /// <param name="system">what it is asked to do</param>
    /// <param name="user">what with</param>
    /// <param name="settings">how it writes; null for the reference's defaults</param>
    /// <param name="cancellation">asked once a token</param>
    /// <param name="picture">what it is shown before the user's text; null for nothing</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">There is a picture, and no vision tower was loaded.</exception>
    public ChatAnswer Answer(string system, string user, GenerationSettings? settings, CancellationToken cancellation, Picture? picture = null)
    {
        GenerationConfig config = GenerationConfig.Read(folder);
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        IReadOnlyList<int> chat;
        ImageSpan? image = null;
        if (picture is null)
        {
            chat = Tokenizer.Encode(ChatTemplate.Render(system, user), addBos: false);
        }
        else
        {
            ImageEncoder eyes = Eyes ?? throw new InvalidOperationException("This text encoder was loaded without its vision tower.");
            chat = Tokenizer.Encode(ChatTemplate.Render(system, user, eyes.Config.Tokens), addBos: false);
            image = new ImageSpan(PlaceOfImage(chat, eyes.Config), eyes.Encode(picture));
        }
        IReadOnlyList<int> answer = new GemmaGenerator(Gemma, config).Generate(chat, settings ?? new GenerationSettings(), cancellation, image: image);
        return new ChatAnswer(Tokenizer.Decode(answer), answer.Count > 0 && config.StopTokens.Contains(answer[^1]));
    }

    public void Dispose()
    {
        Gemma?.Dispose();
        Eyes?.Dispose();
        Features?.Dispose();
        VideoConnector?.Dispose();
        AudioConnector?.Dispose();
    }

    private PromptContext Encode(string prompt)
    {
        using var scope = NewDisposeScope();
        PromptTokens tokens = Tokenizer.EncodePrompt(prompt);
        // [T] -> [1, T]
        Tensor ids = tensor(tokens.Ids).unsqueeze(0), mask = tensor(tokens.Mask).unsqueeze(0), deviceMask = mask.to(device);
        // Before the projection comes, if it has to come.
        IReadOnlyList<Tensor> states = Gemma.Forward(ids, mask);
        (Tensor video, Tensor audio) = With(Features, loadFeatures, features => features.Forward(states, deviceMask));
        return new PromptContext(
            With(VideoConnector, loadVideoConnector, connector => connector.Forward(video, deviceMask)).MoveToOuterDisposeScope(),
            With(AudioConnector, loadAudioConnector, connector => connector.Forward(audio, deviceMask)).MoveToOuterDisposeScope());
    }

    // The picture stands before what the user wrote, which may itself hold such tokens.
    private int PlaceOfImage(IReadOnlyList<int> chat, VisionConfig config)
    {
        int start = chat.ToList().IndexOf(config.ImageToken);
        bool isWhole = start >= 0 && chat.Skip(start).Take(config.Tokens).Count(token => token == config.ImageToken) == config.Tokens;
        return isWhole ? start : throw new WeightsException($"{folder}: the tokenizer does not know \"{ChatTemplate.ImageToken}\" as the id {config.ImageToken}, which config.json names for pictures.");
    }

    // A part that is there, or one that is read for this alone.
    private static TResult With<TPart, TResult>(TPart? resident, Func<TPart> load, Func<TPart, TResult> use) where TPart : class, IDisposable
    {
        if (resident is not null) return use(resident);
        using TPart visiting = load();
        return use(visiting);
    }
}
