using System.Buffers.Text;
using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ltx.Server.Auth;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Commands;

/// <summary>`ltx keys`: who may call a server, whether it runs or not; what is changed counts from the next call on.</summary>
internal sealed class KeysCommand
{
    private readonly Option<string?> data = new("--data") { Description = "the server's data folder (Server:Data)", Recursive = true };
    private readonly Option<string?> config = new("--config")
    {
        Description = "the server's JSON file with settings; ltx.json in the current folder is read when it is there",
        Recursive = true,
    };
    private readonly Argument<string> name = new("name") { Description = "whose key it is: requests belong to this name" };
    private readonly Option<int> waiting = new("--max-waiting") { Description = "waiting requests that it may have; 0 for any" };
    private readonly Option<int> perMinute = new("--requests-per-minute") { Description = "submits a minute; 0 for any" };
    private readonly Option<bool> json = TellingOptions.Json();

    /// <summary>A key as it is listed.</summary>
    private sealed record Listed(string Name, string From, DateTimeOffset? CreatedAt, int MaxWaiting, int RequestsPerMinute);

    public static Command Create()
    {
        KeysCommand definition = new();
        Command create = new("create", "Makes a key, and prints it this once: only its hash is kept.")
        {
            definition.name, definition.waiting, definition.perMinute, definition.json,
        };
        Command list = new("list", "Lists the keys.") { definition.json };
        Command revoke = new("revoke", "Takes a key back; its requests stay.") { definition.name };
        create.SetAction(arguments => CommandFailure.Guard(() => definition.Make(arguments)));
        list.SetAction(arguments => CommandFailure.Guard(() => definition.List(arguments)));
        revoke.SetAction(arguments => CommandFailure.Guard(() => definition.Revoke(arguments)));
        return new Command("keys", "Makes, lists and revokes the keys that a server's callers need.")
        {
            definition.data, definition.config, create, list, revoke,
        };
    }

    private int Make(ParseResult arguments)
    {
        string wanted = arguments.GetValue(name)!.Trim();
        if (wanted.Length == 0) throw CommandFailure.Wrong("<name> is empty.");
        LtxOptions options = Options(arguments);
        KeyFile file = Keys(options);
        string secret = $"ltx_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        KeyFile.Entry made = new(
            wanted, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))), DateTimeOffset.UtcNow,
            (int)CommandFailure.Within("--max-waiting", arguments.GetValue(waiting), 0, int.MaxValue),
            (int)CommandFailure.Within("--requests-per-minute", arguments.GetValue(perMinute), 0, int.MaxValue));
        bool isFirst = false;
        Change(file, keys =>
        {
            if (keys.Any(key => key.Name == wanted) || options.Auth.Keys.Any(key => key.Name == wanted))
            {
                throw CommandFailure.Wrong($"There is a key \"{wanted}\" already; revoke it first, or give another name.");
            }
            isFirst = keys.Count + options.Auth.Keys.Length == 0;
            return [.. keys, made];
        });
        if (arguments.GetValue(json))
        {
            TellingOptions.Print(new { Name = wanted, Key = secret });
            return 0;
        }
        Console.WriteLine(secret);
        // Where only the key is wanted, as in KEY=$(ltx keys create me), only the key is on standard output.
        Console.Error.WriteLine(
            $"The key of \"{wanted}\", which counts at once; it is not kept, so note it now. Clients send it as \"Authorization: Key ...\".");
        if (isFirst) Console.Error.WriteLine("It is the first one: from now on every caller needs a key, on this machine, too.");
        return 0;
    }

    private int List(ParseResult arguments)
    {
        LtxOptions options = Options(arguments);
        Listed[] keys =
        [
            .. options.Auth.Keys.Select(key => new Listed(key.Name, "settings", null, key.MaxWaiting, key.RequestsPerMinute)),
            .. Keys(options).Read().Select(key => new Listed(key.Name, "keys", key.CreatedAt, key.MaxWaiting, key.RequestsPerMinute)),
        ];
        if (arguments.GetValue(json))
        {
            TellingOptions.Print(keys);
            return 0;
        }
        if (keys.Length == 0) Console.Error.WriteLine("There is no key: only this machine's own user is served. `ltx keys create NAME` makes one.");
        int width = keys.Select(key => key.Name.Length).DefaultIfEmpty().Max();
        foreach (Listed key in keys)
        {
            string from = key.CreatedAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"made {at.ToLocalTime():yyyy-MM-dd HH:mm}")
                : "from the settings";
            string waiting = key.MaxWaiting > 0 ? $", {key.MaxWaiting} waiting at most" : "";
            string rate = key.RequestsPerMinute > 0 ? $", {key.RequestsPerMinute} a minute at most" : "";
            Console.WriteLine($"{key.Name.PadRight(width)}  {from}{waiting}{rate}");
        }
        return 0;
    }

    private int Revoke(ParseResult arguments)
    {
        string wanted = arguments.GetValue(name)!;
        LtxOptions options = Options(arguments);
        if (options.Auth.Keys.Any(key => key.Name == wanted))
        {
            throw CommandFailure.Wrong($"The key \"{wanted}\" is one of the settings (Auth:Keys); take it out there, and start the server anew.");
        }
        bool isLast = false;
        Change(Keys(options), keys =>
        {
            KeyFile.Entry[] left = [.. keys.Where(key => key.Name != wanted)];
            if (left.Length == keys.Count) throw CommandFailure.Wrong($"There is no key \"{wanted}\".");
            isLast = left.Length + options.Auth.Keys.Length == 0;
            return left;
        });
        Console.WriteLine($"The key of \"{wanted}\" is revoked.");
        if (isLast) Console.Error.WriteLine("There is no key left: from now on only this machine's own user is served.");
        return 0;
    }

    private LtxOptions Options(ParseResult arguments) =>
        ConfigurationSources.Read(ConfigurationSources.Build(arguments.GetValue(config), [], ("Server:Data", arguments.GetValue(data))));

    private static KeyFile Keys(LtxOptions options) => new(new DataFolder(options.Server.Data));

    private static void Change(KeyFile file, Func<IReadOnlyList<KeyFile.Entry>, IReadOnlyList<KeyFile.Entry>> change)
    {
        try
        {
            file.Change(change);
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new RequestsAccessException($"The keys cannot be changed just now: {e.Message}", usersFault: false);
        }
    }
}
