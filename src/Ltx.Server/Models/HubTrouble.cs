using System.Globalization;
using System.Net;

namespace Ltx.Server.Models;

/// <summary>Why the hub did not give what was asked for, and whether it may in a while.</summary>
/// <param name="Sentence">for a person</param>
/// <param name="MayPass">whether another try makes sense</param>
/// <param name="Delay">how long the server asks to be left alone; null where it does not say</param>
internal sealed record HubTrouble(string Sentence, bool MayPass, TimeSpan? Delay, Exception? Cause = null)
{
    public static HubTrouble Lost(Exception cause, HubOptions options) => new(
        cause is OperationCanceledException
            ? string.Create(CultureInfo.InvariantCulture, $"{options.Endpoint} was silent for {options.IdleTimeout.TotalSeconds:0.#} s.")
            : $"The connection to {options.Endpoint} failed: {cause.Message.TrimEnd('.')}.",
        MayPass: true, null, cause);

    /// <param name="response">not a success</param>
    public static HubTrouble Of(HttpResponseMessage response, string repository, HubOptions options)
    {
        string page = $"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{repository}";
        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        int status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized when options.Token is null => Final(
                $"{repository} is not open to everybody: open {page} and accept its terms, make a token in your account's settings, and set {HubToken.Variable} to it or write it into {HubToken.UsualFile(Environment.GetEnvironmentVariable)}."),
            HttpStatusCode.Unauthorized => Final($"{options.Endpoint} does not accept the token for {repository}: it may have been revoked, or belong to another hub."),
            HttpStatusCode.Forbidden => Final($"The token's account may not read {repository} yet: open {page} with that account and accept its terms; a fine-grained token also needs the right to read gated repositories."),
            HttpStatusCode.NotFound when code == "RevisionNotFound" => Final($"{repository} has no such revision any more."),
            HttpStatusCode.NotFound when code == "EntryNotFound" => Final($"{repository} has no such file ({response.RequestMessage?.RequestUri?.AbsolutePath})."),
            HttpStatusCode.NotFound => Final($"{options.Endpoint} has no {repository}, or no such file in it ({response.RequestMessage?.RequestUri?.AbsolutePath}); a private repository needs a token."),
            HttpStatusCode.TooManyRequests => new HubTrouble($"{options.Endpoint} answers 429: too many requests.", MayPass: true, Asked(response)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new HubTrouble($"{options.Endpoint} answers {status}.", MayPass: true, Asked(response)),
            _ => Final($"{options.Endpoint} answers {status} about {repository}."),
        };
    }

    /// <summary>Waits for the next try.</summary>
    /// <param name="attempt">how many there have been in a row</param>
    /// <exception cref="ModelException">There will be none.</exception>
    public async Task WaitAsync(int attempt, HubOptions options, CancellationToken cancellation)
    {
        if (!MayPass) throw new ModelException(Sentence, Cause);
        if (attempt >= options.MaxAttempts) throw new ModelException($"{Sentence.TrimEnd('.')} ({attempt} tries). What has been loaded stays; pull again later.", Cause);
        TimeSpan delay = Delay ?? options.RetryDelay * (1 << Math.Min(attempt - 1, 16));
        if (Delay > options.LongestDelay) throw new ModelException(string.Create(CultureInfo.InvariantCulture, $"{Sentence.TrimEnd('.')}, and asks to be left alone for {delay.TotalSeconds:0} s. What has been loaded stays; pull again later."), Cause);
        await Task.Delay(delay < options.LongestDelay ? delay : options.LongestDelay, cancellation);
    }

    private static HubTrouble Final(string sentence) => new(sentence, MayPass: false, null);

    private static TimeSpan? Asked(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > DateTimeOffset.UtcNow => date - DateTimeOffset.UtcNow,
        { Date: not null } => TimeSpan.Zero,
        _ => null,
    };
}
