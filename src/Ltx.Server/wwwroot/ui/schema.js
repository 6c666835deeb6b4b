// The request's input as the server's OpenAPI document describes it.

/** The input's schema with every reference to another part put in its place. */
export function inputSchema(document, endpoint) {
  const resolve = (part) => (part?.$ref ? resolve(part.$ref.slice(2).split("/").reduce((at, name) => at[name], document)) : part);
  const schema = resolve(document.paths[`/${endpoint}`].post.requestBody.content["application/json"].schema);
  const order = schema["x-fal-order-properties"] ?? Object.keys(schema.properties);
  return { ...schema, order, resolve, field: (name) => resolve(schema.properties[name]) };
}

/** "Num Frames" -> "Num frames": the schema's title as a label. */
export function label(name, field) {
  const words = (field.title ?? name.replaceAll("_", " ")).split(" ");
  return words.map((word, i) => (/^loras?$/i.test(word) ? word.replace(/lora/i, "LoRA") : i > 0 && /^[A-Z][a-z]/.test(word) ? word.toLowerCase() : word)).join(" ");
}

/** What a text field means: its number where it is one, else the text, which the server then refuses in its own words. Undefined: left out. */
export function readText(field, text) {
  if (field.type !== "number" && field.type !== "integer") return text;
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = Number(trimmed);
  return Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number)) ? number : trimmed;
}

/** The input without what stands at its default: what is sent, and shown as code. */
export function withoutDefaults(schema, values) {
  const input = {};
  for (const name of schema.order) {
    const value = values[name];
    const field = schema.field(name);
    const isDefault = value === undefined || value === null || (field.default !== undefined && value === field.default) || (value === "" && field.nullable);
    if (schema.required?.includes(name) || ["num_frames", "frames_per_second"].includes(name) ? value !== undefined : !isDefault) input[name] = value;
  }
  return input;
}
