import assert from "node:assert/strict";
import test from "node:test";
import { inputSchema, label, readText, withoutDefaults } from "../../../../src/Ltx.Server/wwwroot/ui/schema.js";
import { pythonValue, snippets } from "../../../../src/Ltx.Server/wwwroot/ui/snippets.js";
import { frameAt, proposal } from "../../../../src/Ltx.Server/wwwroot/ui/frames.js";

const document = {
  paths: { "/app": { post: { requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/In" } } } } } } },
  components: { schemas: {
    In: {
      required: ["prompt", "loras"], "x-fal-order-properties": ["prompt", "steps", "seed", "loras", "frames_per_second"],
      properties: {
        prompt: { type: "string", title: "Prompt" }, steps: { type: "integer", default: 15 }, seed: { type: "integer", nullable: true },
        loras: { type: "array", items: { $ref: "#/components/schemas/L" } }, frames_per_second: { type: "number", default: 24 },
      },
    },
    L: { properties: { path: { type: "string" } } },
  } },
};

test("the schema's references are followed and its order kept", () => {
  const schema = inputSchema(document, "app");
  assert.deepEqual(schema.order, ["prompt", "steps", "seed", "loras", "frames_per_second"]);
  assert.equal(schema.resolve(schema.field("loras").items).properties.path.type, "string");
});

test("what stands at its default is not sent; what is required is, and the rate too", () => {
  const schema = inputSchema(document, "app");
  assert.deepEqual(withoutDefaults(schema, { prompt: "", steps: 15, loras: [], frames_per_second: 24 }), { prompt: "", loras: [], frames_per_second: 24 });
  assert.deepEqual(withoutDefaults(schema, { prompt: "x", steps: 16, seed: 0, loras: [] }), { prompt: "x", steps: 16, seed: 0, loras: [] });
});

test("numbers are numbers, and what is none goes to the server as it was written", () => {
  const integer = { type: "integer" };
  assert.equal(readText(integer, " 12 "), 12);
  assert.equal(readText(integer, "1.5"), 1.5);
  assert.equal(readText(integer, "many"), "many");
  assert.equal(readText(integer, ""), undefined);
  assert.equal(readText(integer, "9007199254740993"), "9007199254740993");
  assert.equal(readText({ type: "string" }, " a "), " a ");
});

test("labels read as sentences", () => {
  assert.equal(label("num_frames", { title: "Num Frames" }), "Num frames");
  assert.equal(label("x_y", {}), "x y");
});

test("a proposal keeps the source's rate and frames within the bounds", () => {
  const [rate, frames] = [{ minimum: 1, maximum: 60 }, { minimum: 9, maximum: 481, default: 121 }];
  assert.deepEqual(proposal(24000 / 1001, 2, rate, frames), { frames_per_second: 23.976, num_frames: 48 });
  assert.deepEqual(proposal(240, 1, rate, frames), { frames_per_second: 60, num_frames: 60 });
  assert.deepEqual(proposal(25, 100, rate, frames), { frames_per_second: 25, num_frames: 481 });
  assert.deepEqual(proposal(0.5, 4, rate, frames), { frames_per_second: 1, num_frames: 9 });
  assert.deepEqual(proposal(30, null, rate, frames), { frames_per_second: 30, num_frames: 121 });
});

test("the frame at a time is the last that has begun", () => {
  const times = [0, 0.1, 0.15, 0.4];
  assert.deepEqual([-1, 0, 0.05, 0.1, 0.3999, 9].map((t) => frameAt(times, t)), [0, 0, 0, 1, 2, 3]);
});

test("code in four languages says the same request", () => {
  const input = { prompt: "it's \"here\"", generate_audio: false, loras: [] };
  const code = snippets({ endpoint: "fal-ai/x", input, origin: "http://h:1", hasKey: true });
  assert.deepEqual(JSON.parse(code.JSON), input);
  assert.ok(code.curl.includes(`"it'\\''s \\"here\\""`) && code.curl.includes("$FAL_KEY") && code.curl.includes("http://h:1/fal-ai/x"));
  assert.ok(code.JavaScript.includes('"http://h:1/api/fal/proxy"'));
  assert.ok(code.Python.includes('"generate_audio": False') && code.Python.includes("urllib"));
  assert.ok(snippets({ endpoint: "fal-ai/x", input, origin: "https://h", hasKey: false }).Python.includes("fal_client.subscribe"));
  assert.equal(pythonValue({ a: [true, null, 1.5] }), '{\n    "a": [\n        True,\n        None,\n        1.5,\n    ],\n}');
});
