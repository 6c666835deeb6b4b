namespace Ltx.Inference.Recipes;

/// <summary>A recipe that cannot be used; the sentence names it and what is wrong with it.</summary>
public sealed class RecipeException(string message, Exception? cause = null) : InferenceException(Fault.Input, message, cause);
