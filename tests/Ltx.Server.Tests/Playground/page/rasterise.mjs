// Draws what it is given on standard input, one JSON document a line ({ width, height, times, marks }), as the page does, and writes the bytes of every frame in hexadecimal digits.

import { createInterface } from "node:readline";
import { rasterise } from "../../../../src/Ltx.Server/wwwroot/ui/marks/raster.js";

for await (const line of createInterface({ input: process.stdin })) {
  const { width, height, times, marks } = JSON.parse(line);
  for (const time of times) {
    const mask = rasterise(marks, width, height, time);
    if (!process.stdout.write(Buffer.from(mask.buffer).toString("hex"))) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}
