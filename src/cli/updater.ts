// `holdfast updater`: one order of the daemon's, carried out with rights that the daemon has not. systemd starts it for each
// connection to its socket, which only root may open, with the connection as standard input and output.
import { ByteStream } from "../appliance/byte_stream.ts";
import { otherSlot, tellSlots } from "../appliance/slots.ts";
import { slotAccount } from "../appliance/slot_account.ts";
import { acceptOrder, MAX_WORDS_BYTES, type UpdaterOrder, type UpdaterReport } from "../appliance/updater_words.ts";
import { VERSION } from "../base/version.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";
import { openDownload, shownSource } from "./update.ts";
import { performRollback, performUpdate, restart, slotHere, type UpdateReport, WHEN } from "./update_work.ts";

/** Progress is told at most this often. */
const PROGRESS_MS = 500;

/** @returns the exit status */
export async function runUpdater(): Promise<number> {
  const stream = new ByteStream(Deno.stdin);
  const line = await stream.line(MAX_WORDS_BYTES);
  const order = line === undefined ? undefined : acceptOrder(line);
  if (order === undefined) {
    tell({ type: "failed", text: "this is no order for the updater" });
    return EXIT_FAILURE;
  }
  try {
    tell({ type: "done", text: await carryOut(order, stream) });
    if (order.order !== "confirm" && order.reboot) restart();
    return EXIT_OK;
  } catch (error) {
    tell({ type: "failed", text: error instanceof Error ? error.message : String(error) });
    return EXIT_FAILURE;
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
      if (url === undefined) {
        await performUpdate({ source: restOf(stream), terms: order, from: "upload", author, report: REPORT });
      } else {
        using source = await openDownload(url, undefined, REPORT.say);
        await performUpdate({ source, terms: order, from: shownSource(url), author, report: REPORT });
      }
      return order.reboot ? `slot ${target} is written and started now` : `slot ${target} is written. ${WHEN}`;
    }
    default:
      return order satisfies never;
  }
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

let toldMs = -PROGRESS_MS;

const REPORT: UpdateReport = {
  say: (text) => tell({ type: "say", text }),
  opened: ({ version }, key, slot) => tell({ type: "opened", version, key, slot }),
  progress: (bytes, totalBytes) => {
    const nowMs = performance.now();
    if (bytes < totalBytes && nowMs - toldMs < PROGRESS_MS) return;
    toldMs = nowMs;
    tell({ type: "progress", bytes, totalBytes });
  },
};

/** Whoever asked may have gone: what was begun goes on all the same. */
function tell(report: UpdaterReport): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(report)}\n`);
  try {
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
  } catch {
    // nobody hears it
  }
}
