// `holdfast console`: the summary and the menu on the appliance's screen and serial line. One process for all terminals; what
// keys mean and what is shown is src/appliance/console.
import type { FirstFiles } from "../appliance/console/first_files.ts";
import { exists, textOf } from "../linux/file_facts.ts";
import { KeyReader } from "../appliance/console/keys.ts";
import { firstRefused, type FirstState } from "../appliance/console/first_start.ts";
import {
  type Diagnosis,
  firstView,
  type Machine,
  type Order,
  press,
  shown,
  type View,
} from "../appliance/console/menu.ts";
import { fileNameOf, networkFile, type NetworkSettings } from "../appliance/console/network_settings.ts";
import { draw, type Summary } from "../appliance/console/screen.ts";
import { runningSlot } from "../appliance/slots.ts";
import { askDaemon } from "../daemon/control_client.ts";
import { EXIT_FAILURE } from "./exit_status.ts";

const REFRESH_MS = 3000;
/** Nobody has pressed a key for that long: the summary is shown again. */
const IDLE_MS = 300_000;
const ANSWER_MS = 3000;
/** Lines below the title that an 80 x 24 terminal has room for. */
const ROWS = 19;
const MAX_OUTPUT_BYTES = 200_000;
const PROGRAM = "/usr/bin/holdfast";
/** The last line of a command that came to its end. */
const DONE = "-- done";

const DIAGNOSES: Readonly<Record<Diagnosis, readonly [title: string, command: string]>> = {
  status: ["Status", `${PROGRAM} status`],
  doctor: ["Doctor", `${PROGRAM} doctor --use-file "$(sed -n s/HOLDFAST_CONFIG=//p /run/holdfast/environment)"`],
  journal: ["Journal", "journalctl --no-pager --boot --lines=200 --reverse --output=short-iso"],
  network: ["Network", "ip -brief link; echo; ip -brief address; echo; ip route; ip -6 route"],
  update: ["Slots", "/usr/lib/holdfast/slot show | tr -d '#'; cat /run/holdfast/check 2>/dev/null"],
};

/** Shows the console on the terminals, for ever. @returns the exit status when there is no terminal or no appliance */
export async function showConsole(paths: readonly string[]): Promise<number> {
  if (runningSlot() === undefined) {
    console.error("error: this is not the appliance");
    return EXIT_FAILURE;
  }
  const terminals = paths.flatMap((path) => {
    try {
      return [new Terminal(path)];
    } catch {
      return []; // a machine without a serial line, or without a screen
    }
  });
  for (const terminal of terminals) void terminal.listen();
  while (terminals.some(({ isOpen }) => isOpen)) {
    const [summary, machine] = [await lookAround(), machineNow()];
    for (const terminal of terminals) terminal.refresh(summary, machine);
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
  console.error("error: no terminal answers");
  return EXIT_FAILURE;
}

/** A screen or a serial line, with a view of its own. */
class Terminal {
  isOpen = true;
  readonly #path: string;
  /** Two of them: a read that waits for a key would hold up what is written to the same file. */
  readonly #input: Deno.FsFile;
  readonly #output: Deno.FsFile;
  readonly #keys = new KeyReader();
  #machine = machineNow();
  #view: View = firstView(this.#machine);
  #summary: Summary | undefined;
  #drawn = "";
  #lastKeyMs = 0;
  /** A shell has the terminal. */
  #isLent = false;

  /** @throws Error when there is no such terminal */
  constructor(path: string) {
    this.#path = path;
    this.#input = Deno.openSync(path, { read: true });
    this.#output = Deno.openSync(path, { write: true });
    this.#makeRaw();
  }

  /** Reads keys until the terminal is gone. */
  async listen(): Promise<void> {
    const buffer = new Uint8Array(256);
    try {
      for (let length = await this.#input.read(buffer); length !== null; length = await this.#input.read(buffer)) {
        this.#lastKeyMs = Date.now();
        for (const key of this.#keys.read(buffer.subarray(0, length))) {
          const { view, order } = press(this.#view, key, this.#machine);
          this.#view = view;
          if (order !== undefined) this.#view = await this.#carryOut(order) ?? this.#view;
        }
        this.#draw();
      }
    } catch {
      // There is no hardware behind it.
    }
    this.isOpen = false;
  }

  /** Shows the summary, if it is another one. */
  refresh(summary: Summary, machine: Machine): void {
    this.#summary = summary;
    this.#machine = machine;
    const isIdle = this.#view.name !== "first" && Date.now() - this.#lastKeyMs > IDLE_MS;
    // Somebody else may have answered meanwhile, or put a file there.
    if (isIdle || (this.#view.name === "first" && machine.isConfigured)) this.#view = { name: "summary" };
    this.#draw();
  }

  #draw(): void {
    if (this.#summary === undefined || this.#isLent || !this.isOpen) return;
    const text = draw(this.#view, this.#summary, this.#machine).join("\r\n");
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#write(`\x1b[2J\x1b[H${text}`);
  }

  /** A line that nobody reads must not hold the others up: the kernel's buffer takes a screen, or it is not shown. */
  #write(text: string): void {
    this.#output.write(new TextEncoder().encode(text)).catch(() => this.isOpen = false);
  }

  #makeRaw(): void {
    const args = ["-F", this.#path, "-icanon", "-echo", "-isig", "-ixon", "-icrnl", "min", "1", "time", "0"];
    new Deno.Command("stty", { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync();
  }

  async #carryOut(order: Order): Promise<View | undefined> {
    switch (order.type) {
      case "diagnose": {
        const [title, command] = DIAGNOSES[order.what];
        this.#write("\r\n...");
        return shown(title, await output(command));
      }
      case "set-network":
        return shown("Network settings", await setNetwork(order.settings));
      case "first-start":
        this.#write("\r\n...");
        return await firstStart(order.files, order.state);
      case "factory-reset":
        return shown("Factory reset", await output(`${PROGRAM} factory-reset --yes && systemctl reboot`));
      case "restart":
        return shown("Restart", await output("systemctl reboot && echo The machine starts again."));
      case "power-off":
        return shown("Power off", await output("systemctl poweroff && echo The machine is switched off."));
      case "shell":
        await this.#lend();
        return undefined;
      default:
        return order satisfies never;
    }
  }

  /** Until the shell ends, nobody else reads or writes. */
  async #lend(): Promise<void> {
    this.#isLent = true;
    const command = 'stty -F "$1" sane; exec setsid --ctty --wait bash -l <"$1" >"$1" 2>&1';
    const shell = new Deno.Command("sh", {
      args: ["-c", command, "sh", this.#path],
      cwd: "/root",
      env: { TERM: this.#path.includes("ttyS") ? "vt102" : "linux", HOME: "/root" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    await shell.output();
    this.#makeRaw();
    this.#isLent = false;
    this.#drawn = "";
  }
}

/** How the machine is now. */
async function lookAround(): Promise<Summary> {
  const snapshot = await daemonStatus();
  const problem = textOf("/run/holdfast/problem");
  const notes = [
    ...(isConfigured()
      ? []
      : ["Nothing is configured: put keepalived.conf on the partition HOLDFAST, or press Enter and 7."]),
    ...(textOf("/run/holdfast/format")?.trim().split("\n") ?? []),
    ...(exists("/run/holdfast/firewall-problem") ? ["firewall.nft on HOLDFAST is wrong and not used."] : []),
    ...(exists("/run/holdfast/ssh/authorized_keys") ? [] : ["No ssh: there is no authorized_keys on HOLDFAST."]),
    ...(exists("/state/factory-reset") ? ["The next start is a factory reset."] : []),
  ];
  return {
    product: (textOf("/etc/os-release") ?? "").match(/^PRETTY_NAME="(.*)"$/m)?.[1] ?? "Holdfast appliance",
    slot: runningSlot() ?? "?",
    isHealthy: exists("/run/holdfast/healthy"),
    hostName: (textOf("/proc/sys/kernel/hostname") ?? "").trim(),
    addresses: addresses(),
    ...(snapshot === undefined ? { service: await serviceText() } : { snapshot }),
    ...(problem === undefined ? {} : { configProblem: problem }),
    notes,
  };
}

async function daemonStatus(): Promise<Summary["snapshot"]> {
  try {
    const answer = await askDaemon({ command: "status" }, { limitMs: ANSWER_MS });
    return answer?.ok ? answer.result as Summary["snapshot"] : undefined;
  } catch {
    return undefined;
  }
}

async function serviceText(): Promise<string> {
  const text = await output("systemctl show --property ActiveState,StatusText --value holdfast.service");
  return text.trim().split("\n").join(" ");
}

function addresses(): string[] {
  try {
    return Deno.networkInterfaces()
      .filter(({ name, address }) => name !== "lo" && !address.startsWith("fe80:"))
      .map(({ name, cidr }) => `${name} ${cidr}`)
      .toSorted();
  } catch {
    return [];
  }
}

function machineNow(): Machine {
  const cards: string[] = [];
  try {
    for (const { name } of Deno.readDirSync("/sys/class/net")) {
      if (exists(`/sys/class/net/${name}/device`)) cards.push(name);
    }
  } catch {
    // no sysfs
  }
  return {
    cards: cards.toSorted(),
    mayShell: exists("/config/console_shell"),
    isConfigured: isConfigured(),
    rows: ROWS,
  };
}

function isConfigured(): boolean {
  return ["/config", "/run/holdfast/credentials"].some((folder) =>
    ["keepalived.conf", "holdfast.yaml"].some((name) => exists(`${folder}/${name}`))
  );
}

/** Has the files of the first start checked, written to HOLDFAST and used. @returns what to show */
async function firstStart(files: FirstFiles, state: FirstState): Promise<View> {
  const folder = "/run/holdfast/first";
  await Deno.remove(folder, { recursive: true }).catch(() => {}); // of an earlier attempt
  Deno.mkdirSync(`${folder}/network`, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${folder}/${name}`, text, { mode: 0o600 });
  const said = await output(`/usr/lib/holdfast/first-start ${folder} && echo ${DONE}`);
  if (!said.trimEnd().endsWith(DONE)) return { name: "first", state: firstRefused(state, said.trim()), typed: "" };
  return shown("First start", said.trimEnd().slice(0, -DONE.length));
}

/** Writes the file to HOLDFAST and has it used. @returns what to tell */
async function setNetwork(settings: NetworkSettings): Promise<string> {
  const name = fileNameOf(settings);
  Deno.writeTextFileSync("/run/holdfast/console.network", networkFile(settings), { mode: 0o600 });
  // The default gives DHCP to all cards: those that are not asked about keep it. Written whole before it gets its name.
  return await output(
    `set -e
trap 'mount -o remount,ro /config' EXIT
mount -o remount,rw /config
mkdir -p /config/network
if ! ls /config/network/*.network >/dev/null 2>&1 && [ -e /etc/systemd/network/80-dhcp.network ]; then
  cp /etc/systemd/network/80-dhcp.network /config/network/80-dhcp.network
fi
cp /run/holdfast/console.network "/config/network/${name}.new"
sync
mv "/config/network/${name}.new" "/config/network/${name}"
sync
cp /run/holdfast/console.network "/etc/systemd/network/${name}"
chmod 644 "/etc/systemd/network/${name}"
systemctl restart systemd-networkd
echo "Written to HOLDFAST, network/${name}, and used. An earlier address of the card goes with the next start."`,
  );
}

/** What a command of the shell prints, cut to a bounded length. */
async function output(command: string): Promise<string> {
  const { stdout } = await new Deno.Command("timeout", {
    args: ["60", "sh", "-c", `{ ${command}\n} 2>&1 | head -c ${MAX_OUTPUT_BYTES}`],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
