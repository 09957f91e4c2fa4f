// The appliance's scripts take-credentials and take-config, run on folders, with the power cut at one of their steps.
import type { Prng } from "../../../src/base/prng.ts";

const SCRIPTS = new URL("../root/usr/lib/holdfast/", import.meta.url).pathname;

/** One appliance, as far as its configuration goes. A configuration is a number, in two files that belong together. */
export class KeptConfiguration {
  /** The state partition takes nothing more. */
  isFull = false;
  readonly #root: string;
  readonly #random: Prng;

  constructor(root: string, random: Prng) {
    this.#root = root;
    this.#random = random;
    for (const folder of ["bin", "config", "state", "run/holdfast", "run/credentials/@system", "etc/holdfast"]) {
      Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
    }
    Deno.mkdirSync(`${root}/proc`);
    this.releaseHash = "0a1b";
    this.#write("etc/holdfast", 0);
    this.#programs();
  }

  /** Of the release that is started. */
  set releaseHash(hash: string) {
    Deno.writeTextFileSync(
      `${this.#root}/proc/cmdline`,
      `quiet holdfast.slot=a holdfast.hash=${hash} holdfast.blocks=1\n`,
    );
  }

  /** The rules that are made for the virtual servers. */
  get firewall(): string {
    return Deno.readTextFileSync(`${this.#root}/run/holdfast/services.nft`);
  }

  putOnPartition(version: number): void {
    this.#write("config", version);
  }

  putIntoCredentials(version: number, { isWhole = true } = {}): void {
    const text = isWhole ? `version ${version}\nend\n` : `version ${version}\n`;
    Deno.writeTextFileSync(`${this.#root}/run/credentials/@system/holdfast.conf`, text);
  }

  /** What is on the partition breaks off. */
  tearPartition(): void {
    Deno.truncateSync(`${this.#root}/config/keepalived.conf`, this.#random.integer(1, 8));
  }

  /** A start. @returns the version that is used, after a look at whether it is whole */
  start(): number {
    this.#powerOn();
    this.#run("take-credentials");
    this.#run("take-config");
    return this.used;
  }

  /** The version that is used now. */
  get used(): number {
    const environment = Deno.readTextFileSync(`${this.#root}/run/holdfast/environment`);
    const path = environment.trim().replace("HOLDFAST_CONFIG=", "");
    const [version, included] = [path, path.replace(/[^/]*$/, "included")].map((file) => {
      try {
        const match = Deno.readTextFileSync(file).match(/^version (\d+)\nend\n$/);
        return match === null ? undefined : Number(match[1]);
      } catch {
        return undefined;
      }
    });
    const isAlone = Deno.realPathSync(path).includes("credentials");
    if (version === undefined || (!isAlone && included !== version)) throw new Error(`${path} is not whole`);
    return version;
  }

  /** The daemon is started once more, as after its end. */
  restart(): void {
    this.#run("take-config");
  }

  /** What Holdfast was asked since this was called last: each is a start of the program. */
  takeAsked(): string[] {
    const file = `${this.#root}/asked`;
    if (!exists(file)) return [];
    const lines = Deno.readTextFileSync(file).trim().split("\n");
    Deno.removeSync(file);
    return lines;
  }

  /** `systemctl reload holdfast`. @returns whether the script lets it go on */
  reload(): boolean {
    return this.#run("take-config", "--reload");
  }

  /** Changes to the other syntax. */
  renameToYaml(): void {
    Deno.renameSync(`${this.#root}/config/keepalived.conf`, `${this.#root}/config/holdfast.yaml`);
  }

  /** The path that the daemon reads again. */
  get path(): string {
    return Deno.readTextFileSync(`${this.#root}/run/holdfast/environment`).trim();
  }

  /** A start whose power is cut at a step, counted from 1. */
  startAndCut(step: number): void {
    this.#powerOn();
    Deno.writeTextFileSync(`${this.#root}/cut`, String(step));
    this.#run("take-config");
    Deno.removeSync(`${this.#root}/cut`);
    // What was copied and not yet synced is there in part.
    if (exists(`${this.#root}/synced`)) Deno.removeSync(`${this.#root}/synced`);
    else {
      const copies = [
        "config.new/keepalived.conf",
        "config.new/included",
        "config.known.new/of",
        "config.known.new/check",
      ];
      for (const name of copies) {
        const file = `${this.#root}/state/${name}`;
        if (exists(file) && this.#random.chance(0.7)) Deno.truncateSync(file, this.#random.integer(0, 12));
      }
    }
  }

  /** Nothing is left in memory. */
  #powerOn(): void {
    if (exists(`${this.#root}/run/holdfast/started`)) Deno.removeSync(`${this.#root}/run/holdfast/started`);
  }

  #write(folder: string, version: number): void {
    for (const name of ["included", "keepalived.conf"]) {
      Deno.writeTextFileSync(`${this.#root}/${folder}/${name}`, `version ${version}\nend\n`);
    }
  }

  #run(script: string, ...args: string[]): boolean {
    return new Deno.Command("sh", {
      args: [`${SCRIPTS}${script}`, ...args],
      env: {
        HOLDFAST_ROOT: this.#root,
        PATH: `${this.#root}/bin:/usr/bin:/bin`,
        ...(this.isFull ? { FULL: "yes" } : {}),
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  }

  /** Programs that the scripts call: those that change something count their calls and end the script when its time has come. */
  #programs(): void {
    const root = this.#root;
    const count = `if [ -e ${root}/cut ]; then
  left=$(cat ${root}/cut)
  echo $((left - 1)) >${root}/cut
  if [ "$left" -le 1 ]; then kill -KILL $PPID; exit 1; fi
fi
`;
    const programs: Record<string, string> = {
      holdfast: `echo "$1" >>${root}/asked
case $1 in
check) grep -qx end "$4" || { echo "error: no end"; exit 1; } ;;
firewall) echo "flush chain inet holdfast services" ;;
esac
`,
      nft: "exit 0\n",
      busybox: `exec "$@"\n`,
      sync: `${count}touch ${root}/synced\n`,
      cp: `${count}if [ -n "$FULL" ]; then case $* in *state*) exit 1 ;; esac; fi\nexec /bin/cp "$@"\n`,
      mv: `${count}exec /bin/mv "$@"\n`,
      rm: `${count}exec /bin/rm "$@"\n`,
    };
    for (const [name, text] of Object.entries(programs)) {
      Deno.writeTextFileSync(`${root}/bin/${name}`, `#!/bin/sh\n${text}`, { mode: 0o755 });
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
