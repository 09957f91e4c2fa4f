// When checks arrive, from the kernel's stamps on their first packets: how much later than due each is, whoever checks.
import { DELAY_LOOP_SECONDS } from "./configs.ts";

const PCAP_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const NANOSECOND_MAGIC = 0xa1b23c4d;
/** Ethernet's header in front of IPv4's, and where that has the destination. */
const DESTINATION = 14 + 16;

/** What the arrivals say. */
export interface Lateness {
  readonly checks: number;
  /** Milliseconds beyond `delay_loop` since the check before, of the same server. */
  readonly p50: number;
  readonly p99: number;
  readonly greatest: number;
}

/** Records SYN packets to a port for a while. */
export async function recordArrivals(port: number, seconds: number, folder: string): Promise<Lateness> {
  const file = `${folder}/arrivals.pcap`;
  const filter = `tcp dst port ${port} and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn`;
  const args = [
    "-i",
    "lo",
    "-Q",
    "in",
    "-n",
    "-s",
    "64",
    "-B",
    "16384",
    "-Z",
    "root",
    "--time-stamp-precision=nano",
    "-w",
    file,
    filter,
  ];
  const child = new Deno.Command("tcpdump", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  child.kill("SIGTERM");
  await child.status;
  return latenessOf(Deno.readFileSync(file));
}

function latenessOf(pcap: Uint8Array): Lateness {
  const view = new DataView(pcap.buffer);
  if (view.getUint32(0, true) !== NANOSECOND_MAGIC) throw new Error("tcpdump wrote another format");
  const last = new Map<number, number>();
  const late: number[] = [];
  let checks = 0;
  for (let at = PCAP_HEADER_BYTES; at + RECORD_HEADER_BYTES <= pcap.length;) {
    const ms = view.getUint32(at, true) * 1000 + view.getUint32(at + 4, true) / 1e6;
    const length = view.getUint32(at + 8, true);
    const address = view.getUint32(at + RECORD_HEADER_BYTES + DESTINATION);
    const before = last.get(address);
    if (before !== undefined) late.push(ms - before - DELAY_LOOP_SECONDS * 1000);
    last.set(address, ms);
    checks++;
    at += RECORD_HEADER_BYTES + length;
  }
  late.sort((a, b) => a - b);
  const quantile = (part: number): number => late[Math.min(late.length - 1, Math.floor(late.length * part))] ?? NaN;
  return { checks, p50: quantile(0.5), p99: quantile(0.99), greatest: quantile(1) };
}
