namespace Ltx.Server.Configuration;

/// <summary>Choices within the fal contract.</summary>
internal sealed class FalOptions
{
    /// <summary>True: an invalid input is refused at submit. False, as fal does it: it is accepted and fails at the result call and in the webhook.</summary>
    public bool ValidateAtSubmit { get; set; } = true;
}
