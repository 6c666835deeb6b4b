using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Tls;

/// <summary>The certificate of https addresses: the operator's, or one of our own, kept in the data folder so that clients need to trust it once.</summary>
internal static class ServerCertificate
{
    private const int Years = 10;

    public static X509Certificate2 LoadOrCreate(TlsOptions options, DataFolder folder)
    {
        if (options.CertificatePath is { } path)
        {
            return LoadGiven(path, options);
        }

        var pem = Path.Combine(folder.Root, "tls.pem");
        var keyFile = Path.Combine(folder.Root, "tls-key.pem");
        if (File.Exists(pem) && File.Exists(keyFile))
        {
            var kept = LoadKept(pem, keyFile);
            if (kept.NotAfter > DateTime.Now.AddDays(30))
            {
                return kept;
            }

            kept.Dispose();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = Create(key, options.Names);
        WritePrivate(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(pem, made.ExportCertificatePem());
        Console.WriteLine($"Made a certificate for https: {pem}\n  SHA-256 fingerprint {Fingerprint(made)}\n  Python: SSL_CERT_FILE={pem}   Node: NODE_EXTRA_CA_CERTS={pem}");
        return LoadPem(pem, keyFile, null);
    }

    public static string Fingerprint(X509Certificate2 certificate) =>
        string.Join(':', certificate.GetCertHash(HashAlgorithmName.SHA256).Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    private static X509Certificate2 LoadGiven(string path, TlsOptions options)
    {
        try
        {
            var certificate = Path.GetExtension(path).ToLowerInvariant() is ".pfx" or ".p12"
                ? X509CertificateLoader.LoadPkcs12FromFile(path, options.Password)
                : LoadPem(path, options.KeyPath, options.Password);
            return certificate.HasPrivateKey ? certificate : throw new CryptographicException("it holds no private key.");
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new InvalidConfigurationException($"Tls:CertificatePath: '{path}' cannot be used: {e.Message}", e);
        }
    }

    private static X509Certificate2 LoadKept(string pem, string keyFile)
    {
        try
        {
            return LoadPem(pem, keyFile, null);
        }
        catch (Exception e) when (IsUnusable(e))
        {
            throw new InvalidConfigurationException($"'{pem}' or its key beside it cannot be used; a new certificate is made where both are missing: {e.Message}", e);
        }
    }

    private static bool IsUnusable(Exception e) => e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException;

    private static X509Certificate2 LoadPem(string path, string? keyPath, string? password)
    {
        using var pem = password is null ? X509Certificate2.CreateFromPemFile(path, keyPath) : X509Certificate2.CreateFromEncryptedPemFile(path, password, keyPath);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null); // Windows cannot serve with a key that lives in memory only
    }

    /// <summary>Its own authority, so that a client may name it as one; with what OpenSSL's strict checks (Python 3.13) ask for.</summary>
    private static X509Certificate2 Create(ECDsa key, string[] names)
    {
        CertificateRequest request = new($"CN=ltx on {Dns.GetHostName()}", key, HashAlgorithmName.SHA256);
        X509SubjectKeyIdentifierExtension subject = new(request.PublicKey, critical: false);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(subject);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(subject));
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (var name in new[] { "localhost", "queue.localhost", "127.0.0.1", "::1", Dns.GetHostName() }.Concat(names).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                AddName(alternatives, name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(Years));
    }

    private static void AddName(SubjectAlternativeNameBuilder alternatives, string name)
    {
        try
        {
            alternatives.AddDnsName(name);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new InvalidConfigurationException($"Tls:Names: '{name}' is no host name that a certificate can hold", e);
        }
    }

    private static void WritePrivate(string path, string text)
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using StreamWriter writer = new(path, options);
        writer.Write(text);
    }
}
