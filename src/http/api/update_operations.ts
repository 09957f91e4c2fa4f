// Operations on the appliance's slots: what is in them, updating from a web server or by an upload, going back. This process
// writes nothing: it hands what comes to the supervisor, piece by piece, and that to the updater.
import { Buffer } from "node:buffer";
import type { ApplianceSnapshot, SlotSnapshot } from "../../ports/appliance.ts";
import { time } from "../status.ts";
import type { z } from "zod";
import type { ApiSource, Call, Operation, Outcome } from "./operation.ts";
import * as schemas from "./update_schemas.ts";
import { Reason } from "./write_schemas.ts";
import { ask, type Refused } from "./write_operations.ts";

/** Nothing in an update is larger than a slot's partitions. */
const UPLOAD_BYTES = 2 ** 30;
/** What is handed over at a time. */
const PIECE_BYTES = 192 << 10;
/** A sender that brings nothing for that long is given up. */
const STALL_MS = 60_000;

/** All of them, in the order of the description. */
export const UPDATE_OPERATIONS: readonly Operation[] = [
  {
    id: "getSlots",
    method: "get",
    path: "/update",
    role: "reader",
    summary: "The slots of the appliance: which runs, which is next, what is in them and who has signed it",
    reply: schemas.Slots,
    run: ({ operations, snapshot }) => ({
      status: 200,
      body: slotsOf(operations().appliance, snapshot().node.version),
    }),
  },
  {
    id: "startUpdate",
    method: "post",
    path: "/update",
    role: "admin",
    summary:
      "Writes a signed update from a web server to the slot that does not run; refused while this node is master",
    body: schemas.UpdateRequest,
    reply: schemas.UpdateBegun,
    mayTakeLonger: true,
    problems: [409, 503],
    run: (source, call) => begun(source, call, { command: "update", ...call.body as object }),
  },
  {
    id: "uploadUpdate",
    method: "put",
    path: "/update/image",
    role: "admin",
    summary: "The same with the update as the body, as it comes: its signature is checked before anything is written",
    query: schemas.UploadQuery,
    takesBytes: true,
    reply: schemas.UpdateBegun,
    mayTakeLonger: true,
    problems: [408, 409, 503],
    run: upload,
  },
  {
    id: "confirmUpdate",
    method: "post",
    path: "/update:confirm",
    role: "admin",
    summary: "The slot that runs counts as healthy, before it was found so by itself",
    body: Reason,
    bodyMayMiss: true,
    reply: schemas.Confirmed,
    problems: [409, 503],
    run: async ({ command }, call) => {
      const answer = await ask(command, { credential: call.credential }, {
        command: "update-confirm",
        ...call.body as object,
      });
      return "detail" in answer ? answer : { status: 200, body: answer.result };
    },
  },
  {
    id: "rollbackUpdate",
    method: "post",
    path: "/update:rollback",
    role: "admin",
    summary: "The other slot, if it was healthy once, is the one that is started next",
    body: schemas.SlotRollbackRequest,
    bodyMayMiss: true,
    reply: schemas.UpdateBegun,
    mayTakeLonger: true,
    problems: [409, 503],
    run: (source, call) => begun(source, call, { command: "update-rollback", ...call.body as object }),
  },
  {
    id: "cancelUpdate",
    method: "post",
    path: "/update:cancel",
    role: "admin",
    summary: "Gives the update up that is under way, as long as its slot is not yet the next one",
    body: Reason,
    bodyMayMiss: true,
    reply: schemas.UpdateBegun,
    mayTakeLonger: true,
    problems: [409, 503],
    run: (source, call) => begun(source, call, { command: "update-cancel", ...call.body as object }),
  },
];

async function begun({ command }: ApiSource, call: Call, request: { readonly command: string }): Promise<Outcome> {
  const answer = await ask(command, { credential: call.credential }, request);
  if ("detail" in answer) return answer;
  const { text, task } = answer.result as z.infer<typeof schemas.UpdateBegun>;
  return { status: 202, body: { text, task }, location: `/api/v1/tasks/${task}` };
}

/** Answers when all was handed over, or the first refusal. */
async function upload({ command }: ApiSource, call: Call): Promise<Outcome> {
  const { bytes, query } = call;
  if (bytes === undefined) return { status: 400, detail: "the body is the update" };
  const terms = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value === "true"]));
  const answer = await ask(command, { credential: call.credential }, { command: "update", upload: true, ...terms });
  if ("detail" in answer) return answer;
  const { text, task, upload: name } = answer.result as { text: string; task: string; upload: string };
  const send = async (piece: Uint8Array, end: boolean): Promise<Refused | undefined> => {
    const said = await ask(command, { credential: call.credential }, {
      command: "update-data",
      upload: name,
      data: Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("base64"),
      ...(end && { end }),
    });
    return "detail" in said ? said : undefined;
  };
  const reader = bytes.getReader();
  try {
    for (let total = 0;;) {
      const next = await inTime(reader.read());
      // What has come is no whole update: the end says so to the updater.
      if (next === undefined) {
        await send(new Uint8Array(0), true);
        return { status: 408, detail: "the update did not come in time" };
      }
      if (next.done) break;
      total += next.value.length;
      if (total > UPLOAD_BYTES) {
        await send(new Uint8Array(0), true);
        return { status: 413, detail: "this is longer than any update" };
      }
      for (let from = 0; from < next.value.length; from += PIECE_BYTES) {
        const refused = await send(next.value.subarray(from, from + PIECE_BYTES), false);
        if (refused !== undefined) return refused;
      }
    }
  } catch {
    await send(new Uint8Array(0), true);
    return { status: 400, detail: "the connection broke before the update was here" };
  } finally {
    reader.cancel().catch(() => {});
  }
  const refused = await send(new Uint8Array(0), true);
  return refused ?? { status: 202, body: { text, task }, location: `/api/v1/tasks/${task}` };
}

async function inTime<Value>(value: Promise<Value>): Promise<Value | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), STALL_MS));
  try {
    return await Promise.race([value, late]);
  } finally {
    clearTimeout(timer);
  }
}

function slotsOf(appliance: ApplianceSnapshot | undefined, version: string): z.infer<typeof schemas.Slots> {
  if (appliance === undefined) {
    const text = "this is not the appliance: there are no slots, and packages are updated by apt";
    return { appliance: false, text, version, slots: [] };
  }
  const { slot, nextSlot, slots } = appliance;
  const text = slot === nextSlot
    ? `slot ${slot} runs, and is started next`
    : `slot ${slot} runs, slot ${nextSlot} is started next`;
  return { appliance: true, text, version: appliance.version, slot, nextSlot, slots: slots.map(slotOf) };
}

function slotOf({ provenance, ...slot }: SlotSnapshot): z.infer<typeof schemas.Slots>["slots"][number] {
  if (provenance === undefined) return slot;
  const { madeAtMs, installedAtMs, ...known } = provenance;
  return { ...slot, provenance: { ...known, madeAt: time(madeAtMs), installedAt: time(installedAtMs) } };
}
