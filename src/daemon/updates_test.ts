// What the supervisor does with updates that are asked for over the API, with an updater that is told what to say.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../test/assert.ts";
import { acceptOrder, acceptReport, type UpdaterReport } from "../appliance/updater_words.ts";
import type { ApplianceSnapshot } from "../ports/appliance.ts";
import type { VrrpInstanceSnapshot } from "../ports/snapshot.ts";
import { Refusal } from "./config_changes.ts";
import type { UpdaterConnection } from "./updater_connection.ts";
import { Updates } from "./updates.ts";

const APPLIANCE: ApplianceSnapshot = {
  version: "1.0.0",
  slot: "a",
  nextSlot: "a",
  slots: [{ slot: "a", running: true, good: true, triesLeft: 3, version: "1.0.0" }],
};
const URL_REQUEST = { command: "update", url: "https://updates.example/secret-path?token=x" };

interface World {
  readonly updates: Updates;
  readonly journal: string[];
  readonly audit: string[];
  /** What the updater was sent: the order, then bytes. */
  readonly sent: string[];
  readonly say: (report: UpdaterReport) => Promise<void>;
  readonly isClosed: () => boolean;
}

function world(
  { state = "backup", isAppliance = true, reachable = true } = {},
): World {
  const [journal, audit, sent]: [string[], string[], string[]] = [[], [], []];
  let reader: ReadableStreamDefaultController<UpdaterReport> | undefined;
  let closed = false;
  const connection = (): UpdaterConnection => {
    const stream = new ReadableStream<UpdaterReport>({ start: (controller) => void (reader = controller) });
    return {
      write: (bytes) => {
        sent.push(new TextDecoder().decode(bytes));
        return Promise.resolve();
      },
      closeWrite: () => {
        sent.push("END");
        return Promise.resolve();
      },
      reports: () => stream,
      close: () => {
        closed = true;
      },
    };
  };
  const updates = new Updates({
    version: "1.0.0",
    log: () => {},
    happened: (text) => journal.push(text),
    audit: ({ actor, action, outcome, text }) => audit.push(`${actor} ${action} ${outcome}: ${text}`),
    snapshot: () => ({ vrrpInstances: [{ name: "web", state } as VrrpInstanceSnapshot] }),
    changed: () => {},
    account: () => isAppliance ? APPLIANCE : undefined,
    connect: () => reachable ? Promise.resolve(connection()) : Promise.reject(new Error("no such socket")),
  });
  const say = async (report: UpdaterReport): Promise<void> => {
    reader?.enqueue(report);
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  return { updates, journal, audit, sent, say, isClosed: () => closed };
}

async function refusalOf(begun: Promise<unknown>): Promise<[number, string]> {
  const error = await assertRejects(() => begun, Refusal);
  return [error.status, error.message];
}

Deno.test("an update is a task that tells its progress, what it is, and how it ended", async () => {
  const { updates, say, sent, journal, audit } = world();
  const { task } = await updates.begin({ ...URL_REQUEST, reason: "fix" }, "alice");
  assertEquals(acceptOrder(sent[0] ?? ""), {
    order: "update",
    author: "alice",
    failoverFirst: false,
    force: false,
    whileMaster: false,
    reboot: false,
    url: URL_REQUEST.url,
  });
  await say({ type: "opened", version: "9.0.1", key: "release", slot: "b" });
  await say({ type: "progress", bytes: 50, totalBytes: 100 });
  const [running] = updates.tasks;
  assertEquals([running?.id, running?.state, running?.progress, running?.version, running?.key, running?.slot], [
    task,
    "running",
    { bytes: 50, totalBytes: 100 },
    "9.0.1",
    "release",
    "b",
  ]);
  assertEquals(await refusalOf(updates.begin(URL_REQUEST, "bob")), [409, "another update is under way"]);
  await say({ type: "done", text: "slot b is written" });
  assertEquals([updates.tasks[0]?.state, updates.tasks[0]?.text], ["succeeded", "slot b is written"]);
  assertEquals(journal, [
    "update: an update is read from updates.example (alice: fix)",
    "update: version 9.0.1, signed with the key release, goes to slot b",
    "update: slot b is written",
  ]);
  assertEquals(audit, ["alice update done: slot b is written"]);
  updates.stop();
});

Deno.test("a failure is the task's, and the next update may begin", async () => {
  const { updates, say, audit } = world();
  await updates.begin(URL_REQUEST, "alice");
  await say({ type: "failed", text: "the update is not signed by a key that this appliance trusts" });
  assertEquals(updates.tasks[0]?.state, "failed");
  assertEquals(audit, ["alice update refused: the update is not signed by a key that this appliance trusts"]);
  await updates.begin(URL_REQUEST, "alice");
  assertEquals(updates.tasks.map(({ state }) => state), ["running", "failed"]);
  updates.stop();
});

Deno.test("a master is not updated unless it is told", async () => {
  const { updates, sent } = world({ state: "master" });
  for (const request of [URL_REQUEST, { command: "update-rollback", reboot: true }]) {
    const [status, text] = await refusalOf(updates.begin(request, "alice"));
    assertEquals(status, 409);
    assertStringIncludes(text, "this machine is master of web");
  }
  assertEquals(sent, [], "the updater was not even asked");
  await updates.begin({ ...URL_REQUEST, failoverFirst: true }, "alice");
  assertEquals(updates.tasks[0]?.state, "running");
  updates.stop();
});

Deno.test("elsewhere than on the appliance the answer is clear", async () => {
  const { updates } = world({ isAppliance: false });
  for (const command of ["update", "update-rollback", "update-confirm", "update-cancel"]) {
    const refused = await refusalOf(updates.begin({ command, url: URL_REQUEST.url }, "alice"));
    assertEquals(refused, [409, "this is not the appliance: packages are updated by apt"], command);
  }
  const broken = world({ reachable: false }).updates;
  assertEquals((await refusalOf(broken.begin(URL_REQUEST, "alice")))[0], 503);
  assertEquals((await refusalOf(broken.begin(URL_REQUEST, "alice")))[0], 503, "it is not busy for ever");
  broken.stop();
});

Deno.test("bytes are taken for the upload that was begun, and for no other", async () => {
  const { updates, say, sent } = world();
  assertEquals((await updates.data({ command: "update-data", upload: "guess", data: "" })).ok, false);
  const { upload } = await updates.begin({ command: "update", upload: true }, "alice");
  assert(upload !== undefined);
  assertEquals((await updates.data({ command: "update-data", upload: "guess", data: btoa("evil") })).ok, false);
  assertEquals((await updates.data({ command: "update-data", upload, data: btoa("good") })).ok, true);
  assertEquals((await updates.data({ command: "update-data", upload, data: "", end: true })).ok, true);
  assertEquals(sent.slice(1), ["good", "END"]);
  await say({ type: "failed", text: "the update is damaged" });
  assertEquals(await updates.data({ command: "update-data", upload, data: "" }), {
    ok: false,
    status: 409,
    message: "the update is damaged",
  });
  updates.stop();
});

Deno.test("an upload that was written before its end was told is no failure", async () => {
  const { updates, say } = world();
  const { upload } = await updates.begin({ command: "update", upload: true }, "alice");
  await say({ type: "done", text: "slot b is written" });
  assertEquals((await updates.data({ command: "update-data", upload, data: "", end: true })).ok, true);
  assertEquals((await updates.data({ command: "update-data", upload: "guess", data: "" })).ok, false);
  updates.stop();
});

Deno.test("an update from a web server is cancelled by a word to the updater, which says how that ended", async () => {
  const { updates, say, sent, journal, audit } = world();
  assertEquals(await refusalOf(updates.begin({ command: "update-cancel" }, "bob")), [409, "no update is under way"]);
  const { task } = await updates.begin(URL_REQUEST, "alice");
  const begun = await updates.begin({ command: "update-cancel", reason: "wrong night" }, "bob");
  assertEquals([begun.text, begun.task], ["the update is given up", task]);
  assertEquals(sent.slice(1), ["cancel\n"]);
  assertEquals(updates.tasks[0]?.state, "running", "until the updater has said so");
  await say({ type: "failed", text: "nothing of it is started" });
  const text = "cancelled (bob: wrong night): nothing of it is started";
  assertEquals([updates.tasks[0]?.state, updates.tasks[0]?.text], ["cancelled", text]);
  assertEquals(journal.at(-1), `update: it came to nothing: ${text}`);
  assertEquals(audit, [`alice update refused: ${text}`]);
  assertEquals((await refusalOf(updates.begin({ command: "update-cancel" }, "bob")))[0], 409);
  updates.stop();
});

Deno.test("a slot that was ready before the cancel came stays the next one", async () => {
  const { updates, say } = world();
  await updates.begin(URL_REQUEST, "alice");
  await updates.begin({ command: "update-cancel" }, "bob");
  await say({ type: "done", text: "slot b is written" });
  assertEquals([updates.tasks[0]?.state, updates.tasks[0]?.text], ["succeeded", "slot b is written"]);
  updates.stop();
});

Deno.test("an upload is cancelled by its end, for whoever sends it, too; one that is whole is not", async () => {
  const { updates, say, sent } = world();
  const { upload } = await updates.begin({ command: "update", upload: true }, "alice");
  await updates.data({ command: "update-data", upload, data: btoa("part") });
  await updates.begin({ command: "update-cancel" }, "bob");
  assertEquals(sent.slice(1), ["part", "END"]);
  await say({ type: "failed", text: "the update ends too early" });
  const text = "cancelled (bob): nothing of it is started";
  assertEquals([updates.tasks[0]?.state, updates.tasks[0]?.text], ["cancelled", text]);
  assertEquals(await updates.data({ command: "update-data", upload, data: btoa("more") }), {
    ok: false,
    status: 409,
    message: text,
  });
  const second = await updates.begin({ command: "update", upload: true }, "alice");
  await updates.data({ command: "update-data", upload: second.upload, data: btoa("all"), end: true });
  const [status, why] = await refusalOf(updates.begin({ command: "update-cancel" }, "bob"));
  assertEquals(status, 409);
  assertStringIncludes(why, "all of the upload has come");
  updates.stop();
});

Deno.test("a way back is not cancelled", async () => {
  const { updates } = world();
  await updates.begin({ command: "update-rollback" }, "alice");
  assertEquals(await refusalOf(updates.begin({ command: "update-cancel" }, "bob")), [409, "no update is under way"]);
  updates.stop();
});

Deno.test("an address with a password, or that is not https, is refused by the supervisor itself", async () => {
  const { updates } = world();
  for (const url of ["http://x/", "https://user:password@x/", "https://", "x", undefined]) {
    assertEquals((await refusalOf(updates.begin({ command: "update", url }, "alice")))[0], 422, String(url));
  }
  updates.stop();
});

Deno.test("confirm is answered when it is done", async () => {
  const { updates, say } = world();
  const answered = updates.begin({ command: "update-confirm" }, "alice");
  await new Promise((resolve) => setTimeout(resolve, 1));
  await say({ type: "done", text: "slot a counts as healthy from now on" });
  assertEquals(await answered, { text: "slot a counts as healthy from now on" });
  updates.stop();
});

Deno.test("what is no order and no report is dropped", () => {
  const terms = { failoverFirst: false, force: false, whileMaster: false, reboot: true };
  const order = (fields: unknown): boolean => acceptOrder(JSON.stringify(fields)) !== undefined;
  assert(order({ order: "rollback", author: "x", ...terms }));
  assert(order({ order: "update", author: "x", ...terms, url: "https://x/" }));
  for (
    const fields of [
      {},
      [],
      { order: "shell", author: "x", ...terms },
      { order: "update", ...terms },
      { order: "update", author: "x", ...terms, reboot: "yes" },
      { order: "update", author: "x", ...terms, url: "file:///etc/passwd" },
      { order: "update", author: "x", ...terms, url: "http://x/" },
    ]
  ) assert(!order(fields), JSON.stringify(fields));
  assertEquals(acceptReport(`{"type":"say","text":"a\\u001b[2Jb"}`), { type: "say", text: "a [2Jb" });
  for (const line of ["", "x", "{}", `{"type":"progress","bytes":-1,"totalBytes":2}`, `{"type":"opened"}`]) {
    assertEquals(acceptReport(line), undefined, line);
  }
});
