using System.Text.Json;
using Ltx.Server.Fal;

namespace Ltx.Server.Endpoints;

/// <summary>The OpenAPI document of one application in the form that fal publishes: its queue routes, its input and its output.</summary>
internal static class OpenApiDocument
{
    private const string StatusSchema = "#/components/schemas/QueueStatus";

    public static void Write(Utf8JsonWriter json, Application application, string origin, bool withOwnRoutes)
    {
        var (id, name) = (application.Id, application.TypeName);
        FalJson.WriteValue(json, Map(
            ("openapi", "3.0.4"),
            ("info", Map(
                ("title", $"Queue OpenAPI for {id}"),
                ("version", "1.0.0"),
                ("description", $"The OpenAPI schema for the {id} queue."),
                ("x-fal-metadata", Map(
                    ("endpointId", id), ("category", application.Category), ("documentationUrl", $"https://fal.ai/models/{id}/api"))))),
            ("components", Map(
                ("securitySchemes", Map(("apiKeyAuth", Map(("type", "apiKey"), ("in", "header"), ("name", "Authorization"), ("description", "`Key` and the key, or `Bearer` and the key"))))),
                ("schemas", Schemas(application, name)))),
            ("paths", withOwnRoutes ? OwnRoutesDocument.AddTo(Paths(id, name), origin) : Paths(id, name)),
            ("servers", new[] { Map(("url", origin + "/queue")) }),
            ("security", new[] { Map(("apiKeyAuth", Array.Empty<string>())) })));
    }

    private static Dictionary<string, object?> Schemas(Application application, string name)
    {
        var schemas = Map(
            ("QueueStatus", Map(
                ("type", "object"),
                ("properties", Map(
                    ("status", Map(("type", "string"), ("enum", new[] { "IN_QUEUE", "IN_PROGRESS", "COMPLETED" }))),
                    ("request_id", Text("The request's id.")),
                    ("response_url", Text("Where the result will be.")),
                    ("status_url", Text("Where the status is.")),
                    ("cancel_url", Text("Where the request can be cancelled.")),
                    ("logs", Map(("type", "array"), ("nullable", true), ("items", Map(("type", "object"), ("additionalProperties", true))), ("description", "Log lines, when asked for."))),
                    ("metrics", Map(("type", "object"), ("additionalProperties", true), ("description", "inference_time, once completed."))),
                    ("queue_position", Map(("type", "integer"), ("description", "Requests in front of this one."))),
                    ("progress", Map(("type", "object"), ("additionalProperties", true), ("description", "stage, step, steps, fraction and seconds_left while it runs; an addition of this server."))))),
                ("required", new[] { "status", "request_id" }))),
            ($"{name}Input", ObjectOf(application.Inputs, $"{name}Input")),
            ($"{name}Output", Map(
                ("type", "object"), ("title", $"{name}Output"),
                ("properties", application.Outputs.ToDictionary(output => output.Name, output => (object?)Property(output))),
                ("x-fal-order-properties", application.Outputs.Select(output => output.Name).ToArray()),
                ("required", application.Outputs.Where(output => output.Required).Select(output => output.Name).ToArray()))),
            ("File", Map(
                ("type", "object"), ("title", "File"),
                ("properties", Map(
                    ("url", Text("Where the file can be downloaded.")),
                    ("content_type", Map(("type", "string"), ("nullable", true), ("description", "The file's type."))),
                    ("file_name", Map(("type", "string"), ("nullable", true), ("description", "The file's name."))),
                    ("file_size", Map(("type", "integer"), ("nullable", true), ("description", "The file's size in bytes."))))),
                ("x-fal-order-properties", new[] { "url", "content_type", "file_name", "file_size" }),
                ("required", new[] { "url" }))));
        foreach (var items in application.Inputs.Select(field => field.Items).OfType<ItemSchema>())
        {
            schemas[items.Name] = ObjectOf(items.Fields, items.Name);
        }

        return schemas;
    }

    internal static Dictionary<string, object?> ObjectOf(IReadOnlyList<InputField> fields, string title) => Map(
        ("type", "object"),
        ("title", title),
        ("properties", fields.ToDictionary(f => f.Name, f => (object?)Property(f))),
        ("x-fal-order-properties", fields.Select(f => f.Name).ToArray()),
        ("required", fields.Where(f => f.Required).Select(f => f.Name).ToArray()));

    private static Dictionary<string, object?> Property(InputField field)
    {
        var property = Map(
            ("title", Title(field.Name)),
            ("type", field.Kind switch
            {
                FieldKind.Number => "number",
                FieldKind.Integer => "integer",
                FieldKind.Boolean => "boolean",
                FieldKind.List or FieldKind.Pair => "array",
                _ => "string",
            }),
            ("description", field.Description));
        foreach (var (key, value) in new (string, object?)[]
        {
            ("minimum", field.Minimum), ("maximum", field.Maximum), ("default", field.Default), ("enum", field.Choices.Count == 0 ? null : field.Choices),
            ("examples", field.Example is null ? null : new[] { field.Example }),
        })
        {
            if (value is not null)
            {
                property[key] = value;
            }
        }

        if (field.Items is { } items)
        {
            property["items"] = Map(("$ref", $"#/components/schemas/{items.Name}"));
            property["maxItems"] = items.Most;
        }
        else if (field.Kind == FieldKind.Pair)
        {
            // The bounds are those of its numbers.
            property.Remove("minimum");
            property["items"] = Map(("type", "integer"), ("minimum", field.Minimum));
            property["minItems"] = property["maxItems"] = 2;
        }
        else if (field is { Required: false, Default: null })
        {
            property["nullable"] = true;
        }

        return property;
    }

    private static Dictionary<string, object?> Property(OutputField field)
    {
        var file = Map(("$ref", "#/components/schemas/File"));
        return field switch
        {
            { Kind: OutputKind.File, Description: "" } => file,
            // What stands beside a reference is not read.
            { Kind: OutputKind.File } => Map(("title", Title(field.Name)), ("description", field.Description), ("allOf", new[] { file })),
            { Kind: OutputKind.Integer } => Map(("type", "integer"), ("title", Title(field.Name)), ("description", field.Description)),
            _ => Map(("type", "string"), ("title", Title(field.Name)), ("description", field.Description)),
        };
    }

    private static string Title(string name) => string.Join(' ', name.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    private static Dictionary<string, object?> Paths(string id, string name)
    {
        var requestId = Map(("name", "request_id"), ("in", "path"), ("required", true), ("schema", Map(("type", "string"), ("format", "uuid"))));
        var logs = Map(("name", "logs"), ("in", "query"), ("required", false), ("schema", Map(("type", "integer"))));
        return Map(
            ($"/{id}/requests/{{request_id}}/status", Map(("get", Map(
                ("parameters", new[] { requestId, logs }),
                ("responses", Map(("200", Answer("The status.", StatusSchema)), ("202", Answer("The status before the end.", StatusSchema)))))))),
            ($"/{id}/requests/{{request_id}}/cancel", Map(("put", Map(
                ("parameters", new[] { requestId }),
                ("responses", Map(("202", Map(("description", "The request will be cancelled."))), ("400", Map(("description", "The request has ended before."))))))))),
            ($"/{id}", Map(("post", Map(
                ("requestBody", Map(("required", true), ("content", Json($"#/components/schemas/{name}Input")))),
                ("responses", Map(("200", Answer("The request's status.", StatusSchema)))))))),
            ($"/{id}/requests/{{request_id}}", Map(("get", Map(
                ("parameters", new[] { requestId }),
                ("responses", Map(("200", Answer("The result.", $"#/components/schemas/{name}Output")))))))));
    }

    internal static Dictionary<string, object?> Answer(string description, string schema) => Map(("description", description), ("content", Json(schema)));

    private static Dictionary<string, object?> Json(string schema) => Map(("application/json", Map(("schema", Map(("$ref", schema))))));

    internal static Dictionary<string, object?> Text(string description) => Map(("type", "string"), ("description", description));

    internal static Dictionary<string, object?> Map(params ReadOnlySpan<(string Key, object? Value)> entries)
    {
        Dictionary<string, object?> map = [];
        foreach (var (key, value) in entries)
        {
            map[key] = value;
        }

        return map;
    }
}
