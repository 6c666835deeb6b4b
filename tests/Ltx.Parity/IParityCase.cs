namespace Ltx.Parity;

/// <summary>Recomputes one golden case through the project's public code paths.</summary>
internal interface IParityCase
{
    /// <summary>Whether this class computes the case of that name.</summary>
    bool Handles(string name);

    /// <summary>Computes everything the case holds, and compares every <c>out.*</c> of it.</summary>
    void Run(GoldenCase golden, ParityContext context, ParityReport report);
}
