import assert from "node:assert/strict";
import test from "node:test";

// A browser's database of one store. Each fault is met once, in order, by a connection: "open" is refused, "closing" is lost before it is used,
// "abort" loses its first transaction, "silent" never answers.
function fakeIndexedDB(...faults) {
  const rows = new Map();
  const later = (call) => setTimeout(call, 0);
  const fake = { opened: 0, last: null, open() {
    fake.opened++;
    const request = {};
    const fault = faults.shift();
    if (fault === "open") later(() => request.onerror(Object.assign(request, { error: new Error("refused") })));
    else if (fault !== "silent") later(() => request.onsuccess(Object.assign(request, { result: (fake.last = connection(fault)) })));
    return request;
  } };
  const connection = (fault) => ({ transaction() {
    if (fault === "closing") throw new Error("The connection is closing.");
    const transaction = { error: null, objectStore: () => Object.fromEntries(Object.entries(operations).map(([name, operate]) => [name, (argument) => {
      const request = { result: fault === "abort" ? undefined : operate(argument), error: fault === "abort" ? new Error("aborted") : null };
      later(() => {
        request[fault === "abort" ? "onerror" : "onsuccess"]?.();
        transaction[fault === "abort" ? "onabort" : "oncomplete"]?.();
      });
      return request;
    }])) };
    return transaction;
  } });
  const operations = { get: (id) => rows.get(id), getAll: () => [...rows.values()], put: (row) => rows.set(row.id, row), delete: (id) => rows.delete(id) };
  return fake;
}

let copies = 0;
async function storeOver(indexedDB) {
  const kept = new Map();
  Object.assign(globalThis, { indexedDB });
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) } });
  return import(`../../../../src/Ltx.Server/wwwroot/ui/store.js?${copies++}`);
}

const draft = { id: "a", source: { name: "source.mp4" }, marks: { shapes: [] }, form: { prompt: "a disc" }, requestId: null };

test("a draft that one tab kept is offered to the next", async () => {
  const { leftDraft, saveDraft } = await storeOver(fakeIndexedDB());
  await saveDraft(draft);
  assert.equal((await leftDraft("another")).id, "a");
  assert.equal(await leftDraft("a"), null);
});

for (const fault of ["open", "closing", "abort"]) {
  test(`a connection that is lost (${fault}) is made anew, and what was asked for is done`, async () => {
    const database = fakeIndexedDB(undefined, fault);
    await (await storeOver(database)).saveDraft(draft);
    const next = await storeOver(database);
    assert.equal((await next.leftDraft(null))?.id, "a");
    assert.equal(database.opened, 3);
  });
}

test("a connection that the browser closes is not used again", async () => {
  const database = fakeIndexedDB();
  const { leftDraft, saveDraft } = await storeOver(database);
  await saveDraft(draft);
  database.last.onclose();
  assert.equal((await leftDraft(null)).id, "a");
  assert.equal(database.opened, 2);
});

test("a browser that keeps nothing says so in its console, and nobody fails", async (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const { leftDraft, saveDraft } = await storeOver(fakeIndexedDB(...Array(20).fill("open")));
  await saveDraft(draft);
  assert.equal(await leftDraft(null), null);
  assert.ok(warn.mock.callCount() > 0);
});
