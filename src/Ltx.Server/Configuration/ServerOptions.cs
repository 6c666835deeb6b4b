using System.ComponentModel.DataAnnotations;

namespace Ltx.Server.Configuration;

/// <summary>Where the server listens, where it keeps its data and how the outside world calls it.</summary>
internal sealed class ServerOptions : ICheckedOptions
{
    /// <summary>Addresses to listen on, separated by `;`. Loopback by default: nothing is open to a network unasked.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The data folder: database, uploads, outputs, keys.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>A model folder, or the name of one under `models/`.</summary>
    [Required]
    public string Model { get; set; } = "miniature";

    /// <summary>The origin that clients are told (https://ltx.example.org). Without it the origin that each request came in on.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Addresses or networks (10.0.0.0/8) of reverse proxies whose forwarded headers are believed.</summary>
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<string> Check()
    {
        foreach (var problem in ListenAddresses.Problems(Urls))
        {
            yield return problem;
        }

        if (PublicUrl is not null && (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.PathAndQuery != "/"))
        {
            yield return $"Server:PublicUrl: '{PublicUrl}' is not an origin such as https://ltx.example.org (no path, no query)";
        }

        foreach (var proxy in TrustedProxies)
        {
            if (!System.Net.IPNetwork.TryParse(proxy, out _) && !System.Net.IPAddress.TryParse(proxy, out _))
            {
                yield return $"Server:TrustedProxies: '{proxy}' is neither an IP address nor a network such as 10.0.0.0/8";
            }
        }
    }
}
