// Zip files: packing without compression (videos do not become smaller), and the list of one that is there (APPNOTE.TXT 6.3.10). What is packed
// is put together of the files as they lie on the disk: nothing is in memory as a whole. No DOM.

const LARGEST = 0xffffffff;
const MOST = 0xffff;
const UTF8 = 0x0800;
const FIRST_DAY = 0x0021; // 1980-01-01, as zips count; nobody asks for more

/**
 * The parts of a zip of [{ name, file }], for a Blob. `progress` is told the share that has been read, since each file's check sum stands before
 * it. `large`: from so many bytes on sizes are written in the long form (zip64).
 */
export async function zipParts(entries, { progress = () => {}, signal, large = LARGEST } = {}) {
  const total = entries.reduce((sum, { file }) => sum + file.size, 0);
  const parts = [];
  const list = [];
  let offset = 0;
  let read = 0;
  for (const { name, file } of entries) {
    const crc = await checkSum(file, (count) => progress((read += count) / Math.max(total, 1)), signal);
    const entry = { name: new TextEncoder().encode(name), crc, size: file.size, offset, isLong: file.size >= large || offset >= large };
    const head = header(entry);
    parts.push(head, file);
    list.push(entry);
    offset += head.length + file.size;
  }
  const listed = list.map(listEntry);
  const length = listed.reduce((sum, part) => sum + part.length, 0);
  return [...parts, ...listed, ...ending(list.length, length, offset, large)];
}

/** [{ name, size }] of a zip's files; null where it is none, or damaged. `zip`: a Blob. */
export async function zipListing(zip) {
  const tail = await viewOf(zip, Math.max(0, zip.size - 22 - MOST - 20), zip.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) return null;
  let [count, length, offset] = [tail.getUint16(at + 10, true), tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
    const start = Number(tail.getBigUint64(at - 12, true));
    if (start + 56 > zip.size) return null;
    const long = await viewOf(zip, start, start + 56);
    if (long.getUint32(0, true) !== 0x06064b50) return null;
    [count, length, offset] = [32, 40, 48].map((place) => Number(long.getBigUint64(place, true)));
  }
  if (offset + length > zip.size) return null;
  return entriesOf(await viewOf(zip, offset, offset + length), count);
}

function entriesOf(list, count) {
  const entries = [];
  for (let at = 0; entries.length < count; ) {
    if (at + 46 > list.byteLength || list.getUint32(at, true) !== 0x02014b50) return null;
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => list.getUint16(at + place, true));
    const end = at + 46 + nameLength + extraLength + commentLength;
    if (end > list.byteLength) return null;
    const bytes = new Uint8Array(list.buffer, list.byteOffset + at + 46, nameLength);
    let size = list.getUint32(at + 24, true);
    if (size === LARGEST) size = longSize(list, at + 46 + nameLength, extraLength) ?? size;
    entries.push({ name: new TextDecoder().decode(bytes).replaceAll("\\", "/"), size });
    at = end;
  }
  return entries.filter(({ name }) => !name.endsWith("/"));
}

/** The size in the long form; it comes first there. */
function longSize(list, at, length) {
  for (const end = at + length; at + 4 <= end; at += 4 + list.getUint16(at + 2, true)) {
    if (list.getUint16(at, true) === 1 && at + 12 <= end) return Number(list.getBigUint64(at + 4, true));
  }
  return null;
}

const viewOf = async (blob, from, to) => new DataView(await blob.slice(from, to).arrayBuffer());

function header({ name, crc, size, isLong }) {
  const extra = isLong ? fields([2, 1], [2, 16], [8, size], [8, size]) : new Uint8Array();
  const short = isLong ? LARGEST : size;
  return joined(
    fields([4, 0x04034b50], [2, isLong ? 45 : 20], [2, UTF8], [2, 0], [2, 0], [2, FIRST_DAY], [4, crc], [4, short], [4, short],
      [2, name.length], [2, extra.length]),
    name, extra);
}

function listEntry({ name, crc, size, offset, isLong }) {
  const extra = isLong ? fields([2, 1], [2, 24], [8, size], [8, size], [8, offset]) : new Uint8Array();
  const [shortSize, shortOffset] = isLong ? [LARGEST, LARGEST] : [size, offset];
  const version = isLong ? 45 : 20;
  return joined(
    fields([4, 0x02014b50], [2, version], [2, version], [2, UTF8], [2, 0], [2, 0], [2, FIRST_DAY], [4, crc], [4, shortSize], [4, shortSize],
      [2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0], [4, 0], [4, shortOffset]),
    name, extra);
}

function ending(count, length, offset, large) {
  const isLong = count >= MOST || length >= large || offset >= large;
  const long = isLong
    ? [fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, length], [8, offset]),
      fields([4, 0x07064b50], [4, 0], [8, offset + length], [4, 1])]
    : [];
  const [shortCount, shortLength, shortOffset] = isLong ? [MOST, LARGEST, LARGEST] : [count, length, offset];
  return [...long, fields([4, 0x06054b50], [2, 0], [2, 0], [2, shortCount], [2, shortCount], [4, shortLength], [4, shortOffset], [2, 0])];
}

/** Numbers one behind the other, each [bytes, value], the lowest byte first. */
function fields(...numbers) {
  const view = new DataView(new ArrayBuffer(numbers.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of numbers) {
    if (size === 8) view.setBigUint64(at, BigInt(value), true);
    else if (size === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

function joined(...arrays) {
  const all = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of a file, piece by piece. */
async function checkSum(file, told, signal) {
  let crc = 0xffffffff;
  const reader = file.stream().getReader();
  for (;;) {
    signal?.throwIfAborted();
    const { done, value } = await reader.read();
    if (done) return (crc ^ 0xffffffff) >>> 0;
    for (let i = 0; i < value.length; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ value[i]) & 0xff];
    told(value.length);
  }
}
