using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Configuration;

namespace Ltx.Server.Tests.Playground;

/// <summary>A server with one key.</summary>
internal static class TestKeys
{
    public const string Name = "painter", Secret = "a-secret-of-the-tests";

    public static (string, string) Header => ("Authorization", "Key " + Secret);

    public static void Add(LtxOptions options) =>
        options.Auth.Keys = [new ApiKeyOptions { Name = Name, Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Secret))) }];
}
