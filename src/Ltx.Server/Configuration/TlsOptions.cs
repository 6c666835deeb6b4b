namespace Ltx.Server.Configuration;

/// <summary>The certificate of https addresses. With nothing set one is made at the first start and kept in the data folder.</summary>
internal sealed class TlsOptions : ICheckedOptions
{
    /// <summary>A PEM or PKCS#12 file.</summary>
    public string? CertificatePath { get; set; }

    /// <summary>The PEM key, where it is not in the certificate's file.</summary>
    public string? KeyPath { get; set; }

    /// <summary>The password of a PKCS#12 file or of an encrypted PEM key.</summary>
    public string? Password { get; set; }

    /// <summary>Further host names and addresses for the certificate that is made here.</summary>
    public string[] Names { get; set; } = [];

    public IEnumerable<string> Check()
    {
        if (CertificatePath is not null && !File.Exists(CertificatePath))
        {
            yield return $"Tls:CertificatePath: there is no file '{CertificatePath}'";
        }

        if (KeyPath is not null && !File.Exists(KeyPath))
        {
            yield return $"Tls:KeyPath: there is no file '{KeyPath}'";
        }

        if (KeyPath is not null && CertificatePath is null)
        {
            yield return "Tls:KeyPath is set without Tls:CertificatePath";
        }
    }
}
