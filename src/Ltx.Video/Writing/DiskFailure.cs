namespace Ltx.Video.Writing;

/// <summary>Tells what our own writing to the disk failed of.</summary>
internal static class DiskFailure
{
    // ENOSPC, and Windows' ERROR_DISK_FULL as an HRESULT.
    private const int UnixNoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    public static MediaException WhileWriting(Exception exception) => new(
        MediaFault.Server,
        exception.HResult is UnixNoSpace or WindowsDiskFull
            ? "There is no room left on the disk for the result."
            : "The result could not be written to the disk.",
        innerException: exception);
}
