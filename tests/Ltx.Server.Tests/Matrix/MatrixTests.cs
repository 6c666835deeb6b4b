namespace Ltx.Server.Tests.Matrix;

/// <summary>One server and one model for all tests that send it requests, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class MatrixTests : ICollectionFixture<RealServer>
{
    public const string Name = "matrix";
}
