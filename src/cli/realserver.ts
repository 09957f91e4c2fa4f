// `holdfast realserver up|down|status`: makes a machine a real server of virtual addresses, undoes that, looks at it.
import { formatIp, parseIp } from "../base/ip.ts";
import {
  commandOf,
  faultsOf,
  NO_MEMORY,
  planDown,
  planUp,
  type RealServerForwarding,
  type RealServerMemory,
  type RealServerPlan,
} from "../core/realserver/plan.ts";
import { RealServerHost } from "../linux/real_server_host.ts";
import { EXIT_FAILURE, EXIT_OK } from "./exit_status.ts";

/** The options of the command. */
export interface RealServerOptions {
  readonly forwarding: RealServerForwarding;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

/** Settings and addresses do not outlive the machine, and neither does this. */
const STATE_FOLDER = "/run/holdfast";

/** Does it. @returns the exit status: failure when it cannot be done, or `status` finds a fault */
export function realServer(
  action: "up" | "down" | "status",
  given: readonly string[],
  { forwarding, dryRun }: RealServerOptions,
): number {
  const wrong = given.find((address) => parseIp(address) === undefined);
  if (wrong !== undefined) return failure(`\`${wrong}\` is not an address`);
  const file = stateFile();
  let host: RealServerHost | undefined;
  try {
    const memory = readMemory(file);
    host = new RealServerHost();
    const addresses = given.length > 0
      ? given.map((address) => formatIp(parseIp(address) as Uint8Array))
      : action === "up"
      ? []
      : memory.addresses.map(({ address }) => address);
    if (addresses.length === 0) {
      if (action !== "up") console.log("no virtual address was put up here");
      return action === "up" ? failure("name the virtual addresses") : EXIT_OK;
    }
    if (action === "status") return tellStatus(host, addresses, forwarding, memory);
    const plan = action === "up"
      ? planUp(addresses, forwarding, host.facts, memory)
      : planDown(addresses, host.facts, memory);
    return carryOut(plan, host, { action, file, dryRun });
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error));
  } finally {
    host?.close();
  }
}

function carryOut(
  plan: RealServerPlan,
  host: RealServerHost,
  { action, file, dryRun }: { action: "up" | "down"; file: string; dryRun: boolean },
): number {
  if (!plan.ok) return failure(plan.problem);
  for (const note of plan.notes) console.log(`# ${note}`);
  if (plan.steps.length === 0) console.log("# nothing to do");
  // What was there is known before it is changed, and forgotten only when it is there again.
  if (!dryRun && action === "up") writeMemory(file, plan.memory);
  for (const step of plan.steps) {
    console.log(commandOf(step));
    if (!dryRun) host.apply(step);
  }
  if (!dryRun && action === "down") writeMemory(file, plan.memory);
  return EXIT_OK;
}

function tellStatus(
  host: RealServerHost,
  addresses: readonly string[],
  given: RealServerForwarding,
  memory: RealServerMemory,
): number {
  let status = EXIT_OK;
  for (const address of addresses) {
    const forwarding = memory.addresses.find((entry) => entry.address === address)?.forwarding ?? given;
    const faults = faultsOf(address, forwarding, host.facts);
    console.log(`${address} ${forwarding}: ${faults.length === 0 ? "ready" : "not ready"}`);
    for (const fault of faults) console.log(`  ${fault}`);
    if (faults.length > 0) status = EXIT_FAILURE;
  }
  return status;
}

/** One file for each network namespace, by the number that the kernel gives it. */
function stateFile(): string {
  const number = /\d+/.exec(Deno.readLinkSync("/proc/self/ns/net"))?.[0] ?? "0";
  return `${STATE_FOLDER}/realserver-${number}.json`;
}

function readMemory(file: string): RealServerMemory {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NO_MEMORY;
    throw error;
  }
  const read: unknown = JSON.parse(text);
  const lists = typeof read === "object" && read !== null ? Object.entries(read) : [];
  const isWhole = ["addresses", "settings", "links"].every((name) =>
    lists.some(([key, value]) => key === name && Array.isArray(value))
  );
  if (!isWhole) throw new Error(`${file} does not say what was there before; remove it`);
  return read as RealServerMemory;
}

function writeMemory(file: string, memory: RealServerMemory): void {
  if (memory.addresses.length === 0) return removeMemory(file);
  Deno.mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o755 });
  Deno.writeTextFileSync(`${file}.new`, `${JSON.stringify(memory)}\n`, { mode: 0o600 });
  Deno.renameSync(`${file}.new`, file);
}

function removeMemory(file: string): void {
  try {
    Deno.removeSync(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function failure(message: string): number {
  console.error(`error: ${message}`);
  return EXIT_FAILURE;
}
