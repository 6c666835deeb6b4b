// A request as code that makes it.

/** JSON, curl, JavaScript and Python of one request. `origin` is the server's, `hasKey` whether it asks for one. */
export function snippets({ endpoint, input, origin, hasKey }) {
  const body = JSON.stringify(input, null, 2);
  return { JSON: body, curl: curl(endpoint, body, origin, hasKey), JavaScript: javaScript(endpoint, body, origin), Python: python(endpoint, input, origin, hasKey) };
}

function curl(endpoint, body, origin, hasKey) {
  const quoted = body.replaceAll("'", `'\\''`);
  return [
    `curl --request POST --url ${origin}/${endpoint} \\`,
    ...(hasKey ? ['  --header "Authorization: Key $FAL_KEY" \\'] : []),
    '  --header "Content-Type: application/json" \\',
    `  --data '${quoted}'`,
  ].join("\n");
}

function javaScript(endpoint, body, origin) {
  return `import { fal } from "@fal-ai/client";

fal.config({
  credentials: process.env.FAL_KEY ?? "local:key",
  proxyUrl: { url: "${origin}/api/fal/proxy", when: "always" },
});

const result = await fal.subscribe("${endpoint}", {
  input: ${body.replaceAll("\n", "\n  ")},
  logs: true,
  onQueueUpdate: (update) => {
    if (update.status === "IN_PROGRESS") update.logs.map((log) => log.message).forEach((line) => console.log(line));
  },
});
console.log(result.data.video.url);`;
}

/** fal's Python client speaks https alone; over http the standard library does it. */
function python(endpoint, input, origin, hasKey) {
  const { protocol, host } = new URL(origin);
  if (protocol === "https:") {
    return `import os

os.environ["FAL_RUN_HOST"] = "${host}"
os.environ["FAL_QUEUE_RUN_HOST"] = "${host}/queue"
os.environ.setdefault("FAL_KEY", "local:key")

import fal_client

result = fal_client.subscribe(
    "${endpoint}",
    arguments=${pythonValue(input, 1)},
)
print(result["video"]["url"])`;
  }
  return `import json
import os
import urllib.request

request = urllib.request.Request(
    "${origin}/${endpoint}",
    data=json.dumps(${pythonValue(input, 1)}).encode(),
    headers={"Content-Type": "application/json"${hasKey ? ', "Authorization": "Key " + os.environ["FAL_KEY"]' : ""}},
)
with urllib.request.urlopen(request) as response:
    print(json.load(response)["video"]["url"])`;
}

/** A JSON value as Python writes it. */
export function pythonValue(value, depth = 0) {
  const pad = "    ".repeat(depth + 1);
  const end = "    ".repeat(depth);
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[\n${value.map((v) => `${pad}${pythonValue(v, depth + 1)},\n`).join("")}${end}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length === 0 ? "{}" : `{\n${entries.map(([k, v]) => `${pad}${JSON.stringify(k)}: ${pythonValue(v, depth + 1)},\n`).join("")}${end}}`;
  }
  // JSON's strings are Python's, but for the half of a surrogate pair, which no prompt holds.
  return JSON.stringify(value);
}
