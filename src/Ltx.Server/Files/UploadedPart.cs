namespace Ltx.Server.Files;

/// <summary>One part of a multipart upload that has arrived.</summary>
internal sealed record UploadedPart(int Number, long Size, string ETag);
