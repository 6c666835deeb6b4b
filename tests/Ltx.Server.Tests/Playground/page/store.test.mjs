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
/** As the browser's: what is kept are its own properties. */
class FakeStorage {
  getItem(key) {
    return Object.hasOwn(this, key) ? this[key] : null;
  }

  setItem(key, value) {
    this[key] = value;
  }

  removeItem(key) {
    delete this[key];
  }
}

async function storeOver(indexedDB, localStorage = new FakeStorage()) {
  Object.assign(globalThis, { indexedDB });
  for (const [name, value] of Object.entries({ sessionStorage: new FakeStorage(), localStorage })) Object.defineProperty(globalThis, name, { configurable: true, value });
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

test("what a tab kept in its last moment is offered when it is newer than the database, and forgotten with it", async () => {
  const local = new FakeStorage();
  const { forgetDraft, keepAtOnce, leftDraft, saveDraft } = await storeOver(fakeIndexedDB(), local);
  keepAtOnce({ ...draft, form: { prompt: "the last word" } });
  assert.equal((await leftDraft("another")).form.prompt, "the last word");
  await new Promise((resolve) => setTimeout(resolve, 5));
  await saveDraft({ ...draft, form: { prompt: "newer" } });
  assert.equal((await leftDraft("another")).form.prompt, "newer");
  await forgetDraft(await leftDraft("another"));
  assert.equal(await leftDraft("another"), null);
  assert.deepEqual(Object.keys(local), []);
});

test("a reloaded tab goes on with what it kept in its last moment, once", async () => {
  const local = new FakeStorage();
  const { keepAtOnce, loadTabDraft, useDraft } = await storeOver(fakeIndexedDB(), local);
  useDraft(draft.id);
  keepAtOnce({ ...draft, form: { prompt: "the last word" } });
  assert.equal((await loadTabDraft()).form.prompt, "the last word");
  assert.deepEqual(Object.keys(local), []);
});
