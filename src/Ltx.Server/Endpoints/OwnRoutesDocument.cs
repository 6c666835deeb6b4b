using Ltx.Server.Playground;
using static Ltx.Server.Endpoints.OpenApiDocument;

namespace Ltx.Server.Endpoints;

/// <summary>The routes that this server has beside the endpoint's own: uploads as fal's clients make them, the key's requests, the playground's helpers.</summary>
internal static class OwnRoutesDocument
{
    public static Dictionary<string, object?> AddTo(Dictionary<string, object?> paths, string origin)
    {
        var requestId = Map(("name", "id"), ("in", "path"), ("required", true), ("schema", Map(("type", "string"), ("format", "uuid"))));
        foreach (var (path, method, operation) in new[]
        {
            ("/storage/upload/initiate", "post", Operation("Begin an upload; the bytes then go to upload_url by PUT.", "Files",
                Object(("content_type", Text("The file's type, such as video/mp4.")), ("file_name", Text("The file's name."))),
                Object(("file_url", Text("Where the file will be; use it in an input.")), ("upload_url", Text("Where to PUT the bytes; it needs no key."))))),
            ("/requests", "get", Operation("The key's own requests, the latest first: input, state and result of each.", "Requests", null,
                Object(("requests", List("object", "The requests.")), ("next_cursor", Text("Give it back as cursor for the next page; null at the end.")), ("has_more", Map(("type", "boolean")))),
                Query("limit", "integer"), Query("cursor", "string"), Query("status", "string"), Query("prefix", "string"))),
            ("/requests/{id}", "get", Operation("One request with its log.", "Requests", null, Map(("type", "object")), requestId)),
            ("/ui/api/requests/{id}/thumbnail", "get", Map(
                ("summary", "The first frame of the request's result, or of its source."), ("tags", new[] { "Playground" }), ("parameters", new[] { requestId }),
                ("responses", Map(
                    ("200", Map(("description", "A small picture."), ("content", Map(("image/jpeg", Map(("schema", Map(("type", "string"), ("format", "binary"))))))))),
                    ("204", Map(("description", "Neither file is here any more."))))))),
            ("/ui/api/masks", "post", Operation("Make a mask video of a drawing; its url is a mask_video_url.", "Playground",
                Object(("width", Side()), ("height", Side()),
                    ("times", List("number", "Seconds of each frame of the mask, rising.", ("minItems", 1), ("maxItems", MaskRequestReader.MaxTimes))),
                    ("marks", Map(("type", "object"), ("description", "The drawing, as docs/marks.md describes it."), ("required", new[] { "shapes" }), ("properties", Map(
                        ("invert", Map(("type", "boolean"), ("default", false))),
                        ("shapes", List("object", "Drawn in this order.", ("maxItems", MaskRequestReader.MaxShapes)))))))),
                Object(("url", Text("The mask."))))),
            ("/ui/api/previews", "post", Operation("Make a copy of a source video that every browser shows, upright and with the source's time stamps.", "Playground",
                ObjectOf(PreviewEndpoint.Fields, "Source"),
                Object(("url", Text("The copy: H.264 in MP4, without sound.")),
                    ("width", Map(("type", "integer"), ("description", "The source's width as displayed."))),
                    ("height", Map(("type", "integer"), ("description", "The source's height as displayed."))),
                    ("frames", Map(("type", "integer"), ("description", "Frames of the copy."))),
                    ("frames_per_second", Map(("type", "number"), ("nullable", true), ("description", "The source's average rate."))),
                    ("times", List("number", "Seconds of each frame, counted from the first."))))),
        })
        {
            paths[path] = Map((method, operation), ("servers", new[] { Map(("url", origin)) }));
        }

        return paths;
    }

    private static Dictionary<string, object?> Operation(string summary, string tag, object? body, object answer, params object[] parameters)
    {
        var operation = Map(("summary", summary), ("tags", new[] { tag }));
        if (parameters.Length > 0)
        {
            operation["parameters"] = parameters;
        }

        if (body is not null)
        {
            operation["requestBody"] = Map(("required", true), ("content", Json(body)));
        }

        operation["responses"] = Map(("200", Map(("description", "Done."), ("content", Json(answer)))), ("422", Map(("description", "The body is not as it must be: `detail` says what and where."))));
        return operation;
    }

    private static Dictionary<string, object?> Json(object schema) => Map(("application/json", Map(("schema", schema))));

    private static Dictionary<string, object?> Object(params (string Name, object? Schema)[] properties) =>
        Map(("type", "object"), ("properties", Map(properties)), ("required", properties.Select(p => p.Name).ToArray()));

    private static Dictionary<string, object?> List(string type, string description, params (string, object?)[] more) =>
        Map([("type", "array"), ("items", Map(("type", type))), ("description", description), .. more]);

    private static Dictionary<string, object?> Side() => Map(("type", "integer"), ("minimum", 1), ("maximum", MaskRequestReader.MaxSide), ("description", "The source's as displayed."));

    private static Dictionary<string, object?> Query(string name, string type) => Map(("name", name), ("in", "query"), ("required", false), ("schema", Map(("type", type))));
}
