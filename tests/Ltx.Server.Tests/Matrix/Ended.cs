using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Matrix;

/// <summary>How a request ended: its result call, and its log.</summary>
internal sealed record Ended(Answer Answer, IReadOnlyList<string> Logs);
