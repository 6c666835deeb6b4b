namespace Ltx.Server.Tests.Matrix;

/// <summary>One server and one model for all tests that send it requests; the engine takes the whole machine, so nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MatrixTests : ICollectionFixture<RealServer>
{
    public const string Name = "matrix";
}
