// The two files that HAProxy reads, made of the user's: read, prepared, judged by `haproxy -c`, and its messages brought back to
// the user's lines.
import { formatIp, parseIp } from "../../base/ip.ts";
import type { Config } from "../../config/config.ts";
import type { HaproxyConfig } from "../../config/haproxy_config.ts";
import { type ConfigMessage, parseCheckOutput, withoutSecrets } from "../../core/haproxy/check_output.ts";
import { MAX_CONFIG_CHARACTERS, prepareConfig, type PreparedConfig } from "../../core/haproxy/config_text.ts";
import { EMPTY_STATES } from "../../core/haproxy/runtime_answers.ts";
import { FILES, internalSection } from "../../core/haproxy/internal_section.ts";

/** Everything that HAProxy shall read. */
export interface Generated {
  readonly user: string;
  readonly internal: string;
  readonly source: { readonly file: string; readonly text: string; readonly prepared: PreparedConfig };
}

/** Who serves when haproxy.cfg names nobody: the account of Debian's package. */
const ACCOUNT = "haproxy";
/** Certificates are read, names are looked up. */
const CHECK_MS = 60_000;
const MAX_OUTPUT_BYTES = 1 << 20;

/** Makes them. @returns a sentence when the user's file cannot be read */
export function generate(haproxy: HaproxyConfig, config: Config, folder: string): Generated | string {
  let text: string;
  try {
    const { isFile, size } = Deno.statSync(haproxy.file);
    if (!isFile) return `${haproxy.file} is no file`;
    if (size > MAX_CONFIG_CHARACTERS) return `${haproxy.file} is too long`;
    text = Deno.readTextFileSync(haproxy.file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `there is no ${haproxy.file}`;
    return `${haproxy.file} cannot be read: ${error instanceof Error ? error.message : error}`;
  }
  const prepared = prepareConfig(
    text,
    virtualAddressesOf(config),
    haproxy.file.slice(0, haproxy.file.lastIndexOf("/")),
  );
  const account = hasAccount(ACCOUNT) ? { account: ACCOUNT } : {};
  const internal = internalSection({ folder, globals: prepared.globals, ...account });
  return { user: prepared.text, internal, source: { file: haproxy.file, text, prepared } };
}

/** Addresses that are here at times only. */
export function virtualAddressesOf({ vrrpInstances }: Config): ReadonlySet<string> {
  const all = vrrpInstances.flatMap((instance) => [...instance.virtualAddresses, ...instance.excludedAddresses]);
  return new Set(all.flatMap(({ address }) => {
    const ip = parseIp(address);
    return ip === undefined ? [] : [formatIp(ip)];
  }));
}

/** What `haproxy -c` says. */
export interface Judgement {
  readonly isValid: boolean;
  /** In the user's file and lines, without what lines with passwords hold. */
  readonly messages: readonly ConfigMessage[];
}

/** Has it judged; the files are below `folder` for as long as that takes. Never throws. */
export async function judgeConfig({ binary }: HaproxyConfig, made: Generated, folder: string): Promise<Judgement> {
  let place: string | undefined;
  try {
    place = Deno.makeTempDirSync({ dir: folder, prefix: "check-" });
    const files = [`${place}/${FILES.user}`, `${place}/${FILES.internal}`] as const;
    Deno.writeTextFileSync(files[0], made.user, { mode: 0o600 });
    // Without the states of now, of which it would warn.
    const states = `${place}/${FILES.states}`;
    Deno.writeTextFileSync(states, EMPTY_STATES);
    const internal = made.internal.replace(/^( *server-state-file ).*$/m, `$1${states}`);
    Deno.writeTextFileSync(files[1], internal, { mode: 0o600 });
    const { success, output } = await runCheck(binary, files);
    const messages = parseCheckOutput(output).map((message) => inUsersWords(message, made, files[0]));
    const isSilent = !success && messages.every(({ severity }) => severity === "warning");
    const reason = output.trim().split("\n").at(-1) ?? "";
    return {
      isValid: success,
      messages: [
        ...made.source.prepared.leftOut.map(({ line, why }) => (
          { severity: "warning" as const, file: made.source.file, line, text: `this line is left out: ${why}` }
        )),
        ...messages,
        ...(isSilent ? [{ severity: "error" as const, text: `haproxy -c failed: ${reason.slice(0, 200)}` }] : []),
      ],
    };
  } catch (error) {
    const text = error instanceof Deno.errors.NotFound
      ? `there is no ${binary}: install HAProxy`
      : `${binary} cannot be run: ${error instanceof Error ? error.message : error}`;
    return { isValid: false, messages: [{ severity: "error", text }] };
  } finally {
    if (place !== undefined) Deno.removeSync(place, { recursive: true });
  }
}

async function runCheck(
  binary: string,
  files: readonly string[],
): Promise<{ readonly success: boolean; readonly output: string }> {
  const child = new Deno.Command(binary, {
    args: ["-c", ...files.flatMap((file) => ["-f", file])],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    clearEnv: true,
    env: childEnvironment(),
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), CHECK_MS);
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stderr) {
    if (output.length < MAX_OUTPUT_BYTES) output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  clearTimeout(timer);
  return { success, output };
}

/** What HAProxy inherits: its configuration may name variables. Not what is between Holdfast and systemd. */
export function childEnvironment(): Record<string, string> {
  const NOT_INHERITED = /^(?:NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*|LD_.*|IFS|HAPROXY_MWORKER.*|HAPROXY_PROCESSES)$/;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !NOT_INHERITED.test(name)));
}

/** File and line as the user knows them. */
function inUsersWords(message: ConfigMessage, { source }: Generated, file: string): ConfigMessage {
  if (message.file !== file || message.line === undefined) {
    return { ...message, text: withoutFolder(message.text, file) };
  }
  const line = source.prepared.origins[message.line - 1] ?? 0;
  const words = source.text.split("\n")[line - 1];
  return { ...message, file: source.file, line, text: withoutSecrets(withoutFolder(message.text, file), words) };
}

/** Our temporary names say nothing to anybody. */
function withoutFolder(text: string, file: string): string {
  return text.replaceAll(file, FILES.user);
}

/** One line for the log: `haproxy.cfg:12: unknown keyword ...`. */
export function messageLine({ file, line, text }: ConfigMessage): string {
  return file === undefined ? text : `${file}:${line ?? 0}: ${text}`;
}

function hasAccount(name: string): boolean {
  try {
    return Deno.readTextFileSync("/etc/passwd").split("\n").some((line) => line.startsWith(`${name}:`));
  } catch {
    return false;
  }
}
