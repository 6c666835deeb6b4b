namespace Ltx.Server.Fetch;

/// <summary>The server's side failed in a way that another try may mend. Never leaves the downloader.</summary>
internal sealed class TransferDroppedException(string reason, Exception? inner = null) : Exception(reason, inner);
