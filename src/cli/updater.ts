// `holdfast updater`: one order of the daemon's, carried out with rights that the daemon has not. systemd starts it for each
// connection to its socket, which only root may open, with the connection as standard input and output.
import { ByteStream } from "../appliance/byte_stream.ts";
import { otherSlot, tellSlots } from "../appliance/slots.ts";
import { slotAccount } from "../appliance/slot_account.ts";
import {
  acceptOrder,
  CANCEL,
  MAX_WORDS_BYTES,
  type UpdaterOrder,
  type UpdaterReport,
} from "../appliance/updater_words.ts";
import { VERSION } from "../base/version.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { openDownload, shownSource } from "./update.ts";
import { performRollback, performUpdate, restart, slotHere, type UpdateReport, WHEN } from "./update_work.ts";

/** How often progress is told. */
const PROGRESS_MS = 500;

/** Does not return. */
export async function runUpdater(): Promise<never> {
  Deno.exit(await obey()); // listening for a cancel would keep the process
}

/** @returns the exit status */
async function obey(): Promise<number> {
  const stream = new ByteStream(Deno.stdin);
  const line = await stream.line(MAX_WORDS_BYTES);
  const order = line === undefined ? undefined : acceptOrder(line);
  if (order === undefined) {
    tell({ type: "failed", text: "this is no order for the updater" });
    return EXIT_FAILURE;
  }
  const timer = setInterval(tellProgress, PROGRESS_MS);
  try {
    const text = await carryOut(order, stream);
    tellProgress();
    tell({ type: "done", text });
    if (order.order !== "confirm" && order.reboot) restart();
    return EXIT_OK;
  } catch (error) {
    tellProgress();
    tell({ type: "failed", text: error instanceof Error ? error.message : String(error) });
    return EXIT_FAILURE;
  } finally {
    clearInterval(timer);
  }
}

/** @returns what came of it, one sentence @throws Error */
async function carryOut(order: UpdaterOrder, stream: ByteStream): Promise<string> {
  const { author } = order;
  switch (order.order) {
    case "confirm": {
      const slot = slotHere();
      if (slotAccount(VERSION)?.slots.find(({ running }) => running)?.good === true) {
        return `slot ${slot} was found healthy before`;
      }
      tellSlots("good");
      return `slot ${slot} counts as healthy from now on`;
    }
    case "rollback": {
      const target = await performRollback(order, author, REPORT);
      return order.reboot ? `slot ${target} is started now` : `slot ${target} is the next one. ${WHEN}`;
    }
    case "update": {
      const target = otherSlot(slotHere());
      const { url } = order;
      const work = { terms: order, author, report: REPORT };
      if (url === undefined) {
        const { signal } = new AbortController();
        await performUpdate({ ...work, source: restOf(stream), from: "upload", signal });
      } else {
        const signal = cancelOf(stream);
        using source = await openDownload(url, undefined, REPORT.say);
        await performUpdate({ ...work, source, from: shownSource(url), signal });
      }
      return order.reboot ? `slot ${target} is written and started now` : `slot ${target} is written. ${WHEN}`;
    }
    default:
      return order satisfies never;
  }
}

/** Aborted when the daemon says so. When it goes without a word, what was begun goes on. */
function cancelOf(stream: ByteStream): AbortSignal {
  const cancelled = new AbortController();
  stream.line(MAX_WORDS_BYTES).then((line) => {
    if (line === CANCEL) cancelled.abort(new Error("nothing of it is started"));
  }, () => {/* the daemon has gone */});
  return cancelled.signal;
}

/** What comes after the order. */
function restOf(stream: ByteStream): { read: (buffer: Uint8Array) => Promise<number | null> } {
  return {
    read: async (buffer) => {
      const chunk = await stream.chunk(buffer.length);
      if (chunk === undefined) return null;
      buffer.set(chunk);
      return chunk.length;
    },
  };
}

let untold: UpdaterReport | undefined;

const REPORT: UpdateReport = {
  say: (text) => tell({ type: "say", text }),
  opened: ({ version }, key, slot) => tell({ type: "opened", version, key, slot }),
  progress: (bytes, totalBytes) => {
    untold = { type: "progress", bytes, totalBytes };
  },
};

function tellProgress(): void {
  if (untold !== undefined) tell(untold);
  untold = undefined;
}

/** Whoever asked may have gone: what was begun goes on all the same. */
function tell(report: UpdaterReport): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(report)}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  } catch {
    // nobody hears it
  }
}
