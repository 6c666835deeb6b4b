// Drives the real @fal-ai/client against a server. Arguments: base URL, scenario, way of redirecting (middleware, proxy, fetch); further ones
// are the scenario's own. Runs wait in the middle until a scenario that says so prints "open".
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { ApiError, ValidationError, createFalClient } from "@fal-ai/client";

const [base, scenario, mode, ...own] = process.argv.slice(2);
const app = "fal-ai/ltx-2.3-quality/inpaint/lora";

// Nothing may leave this machine.
const realFetch = globalThis.fetch;
const localFetch = (url, options) => {
  const target = new URL(typeof url === "string" ? url : url.url);
  if (target.origin !== base) throw new Error(`the client tried to reach ${target.origin}`);
  return realFetch(url, options);
};
globalThis.fetch = localFetch;

const rewrite = (url) => url
  .replace(/^https:\/\/queue\.fal\.run/, base + "/queue")
  .replace(/^https:\/\/fal\.run/, base)
  .replace(/^https:\/\/rest\.fal\.ai/, base);
const config = { credentials: "local:test", suppressLocalCredentialsWarning: true };
const fal = createFalClient({
  middleware: { ...config, requestMiddleware: async (r) => ({ ...r, url: rewrite(r.url) }) },
  proxy: { ...config, proxyUrl: { url: base + "/api/fal/proxy", when: "always" } },
  fetch: { ...config, fetch: (url, options) => localFetch(rewrite(String(url)), options) },
}[mode]);

const input = (changes = {}) => ({
  prompt: "a red fox",
  video_url: "https://example.com/video.mp4",
  mask_video_url: "https://example.com/mask.mp4",
  num_inference_steps: 8,
  loras: [{ path: "https://example.com/path/to/lora.safetensors", scale: 1, transformer: "both" }],
  ...changes,
});
const hash = (bytes) => createHash("sha256").update(Buffer.from(bytes)).digest("hex");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function checkOutput(data, requestId) {
  assert.deepEqual(Object.keys(data), ["video", "seed", "prompt"]);
  const file = await realFetch(data.video.url);
  assert.equal(file.status, 200);
  assert.equal(file.headers.get("content-type"), "video/mp4");
  assert.equal((await file.arrayBuffer()).byteLength, data.video.file_size);
  assert.ok(Number.isSafeInteger(data.seed) && data.seed >= 0 && data.seed < 2 ** 31);
  assert.equal(typeof data.prompt, "string");
  assert.match(requestId, /^[0-9a-f-]{36}$/);
}

async function rejects(promise, check) {
  try {
    await promise;
  } catch (error) {
    check(error);
    return;
  }
  assert.fail("it should have been refused");
}

const scenarios = {
  // The example of the endpoint page, with host, key and files changed.
  async example() {
    const printed = [];
    let enqueued;
    const result = await fal.subscribe(app, {
      input: input(),
      logs: true,
      pollInterval: 20,
      onEnqueue: (id) => { enqueued = id; },
      onQueueUpdate: (update) => {
        if (update.status === "IN_PROGRESS") {
          update.logs.map((log) => log.message).forEach((m) => printed.push(m));
          if (printed.some((m) => m.startsWith("Denoising"))) console.log("open");
        }
      },
    });
    await checkOutput(result.data, result.requestId);
    assert.equal(enqueued, result.requestId);
    assert.ok(printed.some((m) => m.startsWith("Denoising")));
  },

  async streaming() {
    const words = [];
    let last;
    const result = await fal.subscribe(app, {
      input: input(), logs: true, mode: "streaming",
      onQueueUpdate: (update) => { words.push(update.status); last = update; },
    });
    await checkOutput(result.data, result.requestId);
    assert.equal(last.status, "COMPLETED");
    const order = ["IN_QUEUE", "IN_PROGRESS", "COMPLETED"];
    assert.deepEqual(words, [...words].sort((a, b) => order.indexOf(a) - order.indexOf(b)), "never backwards");
    const messages = last.logs.map((l) => l.message);
    assert.equal(messages.filter((m) => m.startsWith("Denoising 7/8")).length, 1, "no line twice: " + messages.join("|"));
    assert.ok(messages.includes("Denoising 7/8 \u2013 \u00e4\u6f22\u{1f3ac}"));
    assert.ok(!messages.join("").includes("\ufffd"));
  },

  async queue() {
    const { request_id: requestId, ...submitted } = await fal.queue.submit(app, { input: input(), priority: "low", hint: "lora:a", startTimeout: 30 });
    assert.ok(Number.isInteger(submitted.queue_position));
    for (const url of [submitted.response_url, submitted.status_url, submitted.cancel_url]) {
      assert.ok(url.startsWith(`${base}/queue/fal-ai/ltx-2.3-quality/requests/${requestId}`), url);
    }
    await rejects(fal.queue.result(app, { requestId }), (e) => {
      assert.ok(e instanceof ApiError);
      assert.equal(e.status, 400);
      assert.equal(e.body.detail, "Request is still in progress");
    });
    const events = [];
    const stream = await fal.queue.streamStatus(app, { requestId, logs: true });
    for await (const event of stream) {
      events.push(event.status);
      if (event.status === "IN_PROGRESS") console.log("open");
    }
    assert.ok(events.includes("IN_PROGRESS"));
    assert.equal(events.at(-1), "COMPLETED");
    const status = await fal.queue.status(app, { requestId, logs: true });
    assert.equal(status.status, "COMPLETED");
    assert.ok(Array.isArray(status.logs) && status.metrics.inference_time > 0);
    assert.equal((await fal.queue.status(app, { requestId, logs: false })).logs, null);
    for (let i = 0; i < 2; i++) {
      const result = await fal.queue.result(app, { requestId });
      assert.equal(result.requestId, requestId);
      await checkOutput(result.data, requestId);
    }
    await rejects(fal.queue.cancel(app, { requestId }), (e) => {
      assert.equal(e.status, 400);
      assert.equal(e.body.status, "ALREADY_COMPLETED");
    });
    await rejects(fal.queue.cancel(app, { requestId: "00000000-0000-0000-0000-000000000000" }), (e) => {
      assert.equal(e.status, 404);
      assert.equal(e.body.status, "NOT_FOUND");
    });
  },

  async run() {
    const result = await fal.run(app, { input: input({ seed: 5 }) });
    await checkOutput(result.data, result.requestId);
    assert.equal(result.data.seed, 5);
    const inline = await fal.run(app, { input: input({ sync_mode: true }) });
    assert.ok(inline.data.video.url.startsWith("data:video/mp4;base64,"));
    assert.equal(Buffer.from(inline.data.video.url.split(",")[1], "base64").length, inline.data.video.file_size);
  },

  async upload() {
    const bytes = randomBytes(100_000);
    const url = await fal.storage.upload(new File([bytes], "my clip \u00e4.mp4", { type: "video/mp4" }));
    assert.ok(url.startsWith(base + "/files/"), url);
    const back = await realFetch(url);
    assert.equal(back.headers.get("content-type"), "video/mp4");
    assert.equal(hash(await back.arrayBuffer()), hash(bytes));
    // Blobs in the input are uploaded by the client and found by the server.
    const result = await fal.subscribe(app, { input: input({ video_url: new Blob([bytes], { type: "video/mp4" }) }), pollInterval: 20 });
    await checkOutput(result.data, result.requestId);
  },

  async bigUpload() {
    const bytes = randomBytes(100 * 1024 * 1024);
    const url = await fal.storage.upload(new File([bytes], "big.mp4", { type: "video/mp4" }));
    const back = await (await realFetch(url)).arrayBuffer();
    assert.equal(back.byteLength, bytes.length);
    assert.equal(hash(back), hash(bytes));
  },

  async validation() {
    const cases = [
      [{ prompt: undefined }, "prompt", "missing"],
      [{ num_frames: 5 }, "num_frames", "greater_than_equal"],
      [{ num_frames: 482 }, "num_frames", "less_than_equal"],
      [{ num_frames: "many" }, "num_frames", "int_parsing"],
      [{ video_strength: 1.5 }, "video_strength", "less_than_equal"],
      [{ num_inference_steps: 31 }, "num_inference_steps", "less_than_equal"],
      [{ guidance_scale: 0.5 }, "guidance_scale", "greater_than_equal"],
      [{ video_quality: "best" }, "video_quality", "one_of"],
      [{ video_write_mode: "best" }, "video_write_mode", "one_of"],
      [{ video_url: "" }, "video_url", "file_download_error"],
      [{ loras: Array(4).fill({ path: "https://example.com/a" }) }, "loras", "sequence_too_long"],
      [{ loras: [{ scale: 1 }] }, "path", "missing"],
      [{ loras: [{ path: "https://example.com/a", scale: 5 }] }, "scale", "less_than_equal"],
      [{ loras: [{ path: "https://example.com/a", transformer: "x" }] }, "transformer", "one_of"],
    ];
    for (const [change, field, type] of cases) {
      for (const call of [() => fal.run(app, { input: input(change) }), () => fal.queue.submit(app, { input: input(change) }), () => fal.subscribe(app, { input: input(change) })]) {
        await rejects(call(), (e) => {
          assert.ok(e instanceof ValidationError, `${field}: ${e}`);
          assert.equal(e.status, 422);
          const [found] = e.getFieldErrors(field);
          assert.equal(found?.type, type, JSON.stringify(e.body));
          assert.equal(found.loc[0], "body");
        });
      }
    }
    await rejects(fal.run(app, {}), (e) => assert.ok(e instanceof ValidationError));
    await checkOutput((await fal.run(app, { input: input({ something_else: { a: 1 } }) })).data, "00000000-0000-0000-0000-000000000000");
  },

  // Own arguments: video, mask, and where the refusal must be told ("prompt", "body"), or "nowhere" where there must be none.
  async safety() {
    const [video, mask, where] = own;
    const real = (changes) => ({
      ...input({ loras: [], num_frames: 9, seed: 5, ...changes }),
      video_url: new Blob([readFileSync(video)], { type: "video/mp4" }),
      mask_video_url: new Blob([readFileSync(mask)], { type: "video/mp4" }),
    });
    const run = (changes) => fal.subscribe(app, { input: real(changes), pollInterval: 50 });
    if (where === "nowhere") {
      const made = await run();
      await checkOutput(made.data, made.requestId);
      return;
    }
    await rejects(run(), (e) => {
      assert.ok(e instanceof ValidationError, String(e));
      assert.equal(e.status, 422);
      const [detail] = e.body.detail;
      assert.equal(detail.type, "content_policy_violation");
      assert.equal(detail.msg, "The content could not be processed because it contained material flagged by a content checker.");
      assert.equal(detail.url, "https://docs.fal.ai/errors#content_policy_violation");
      assert.deepEqual(detail.loc, where === "prompt" ? ["body", "prompt"] : ["body"]);
      assert.deepEqual(detail.input, where === "prompt" ? { prompt: "a red fox" } : undefined);
    });
    // Whoever asks for no check gets none.
    const made = await run({ enable_safety_checker: false });
    await checkOutput(made.data, made.requestId);
  },

  // The gate stays closed: nothing ends by itself.
  async cancel() {
    const running = await fal.queue.submit(app, { input: input({ num_inference_steps: 30 }) });
    const waiting = await fal.queue.submit(app, { input: input() });
    await fal.queue.cancel(app, { requestId: waiting.request_id });
    while ((await fal.queue.status(app, { requestId: running.request_id })).status === "IN_QUEUE") await pause(10);
    await fal.queue.cancel(app, { requestId: running.request_id });
    for (const { request_id: requestId } of [waiting, running]) {
      let status;
      do { status = await fal.queue.status(app, { requestId }); await pause(10); } while (status.status !== "COMPLETED");
      assert.equal(status.error_type, "client_cancelled");
      await rejects(fal.queue.result(app, { requestId }), (e) => {
        assert.equal(e.status, 499);
        assert.equal(e.body.error_type, "client_cancelled");
      });
    }
    // The client's own timeout sends a cancel.
    let id;
    await rejects(fal.subscribe(app, { input: input({ num_inference_steps: 30 }), timeout: 200, onEnqueue: (given) => { id = given; } }), (e) => assert.match(String(e), /timed out/));
    let status;
    do { status = await fal.queue.status(app, { requestId: id }); await pause(10); } while (status.status !== "COMPLETED");
    assert.equal(status.error_type, "client_cancelled");
  },
};

await scenarios[scenario]();
console.log("ok");
