// A terminal that is drawn on as a whole: the alternate screen, single keys, changes of size. Lines that are as before are not
// written again, for the sake of serial lines. The end of the process, by whatever signal that can be caught, gives the
// terminal back as it was.
import type { ScreenLine, Tone } from "./top_screen.ts";

/** What a key asks for. */
export type Key = "quit" | "up" | "down" | "pageUp" | "pageDown" | "home";

/** What a serial line has that does not say. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** Of a size that nobody has. */
const MAX_SIZE = 1000;

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J";
const LEAVE = "\x1b[0m\x1b[?25h\x1b[?1049l";
const STYLES: Readonly<Record<Tone, string>> = {
  plain: "",
  heading: "\x1b[1m",
  good: "\x1b[32m",
  bad: "\x1b[1;31m",
  warning: "\x1b[33m",
};

const KEYS: Readonly<Record<string, Key>> = {
  ...{ q: "quit", Q: "quit", "\x03": "quit", "\x04": "quit", "\x1c": "quit" },
  ...{ j: "down", "\x1b[B": "down", "\x1bOB": "down", k: "up", "\x1b[A": "up", "\x1bOA": "up" },
  ...{ " ": "pageDown", "\x1b[6~": "pageDown", b: "pageUp", "\x1b[5~": "pageUp" },
  ...{ g: "home", "\x1b[H": "home", "\x1b[1~": "home" },
};
const STOP_KEY = "\x1a";

const ENDING = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1, SIGQUIT: 3 } as const;

/** The terminal of standard input and output. */
export class Terminal {
  /** Called when everything has to be drawn again. */
  onRedraw: () => void = () => {};
  #drawn: string[] = [];
  #isOpen = false;
  readonly #listeners: (readonly [signal: Deno.Signal, listener: () => void])[] = [];

  /** Takes it; undefined when there is none, or one that cannot be drawn on. */
  static open(): Terminal | undefined {
    const isAble = Deno.stdin.isTerminal() && Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
    return isAble ? new Terminal() : undefined;
  }

  private constructor() {
    for (const [signal, number] of Object.entries(ENDING)) {
      this.#listen(signal as Deno.Signal, () => {
        this.close();
        Deno.exit(128 + number);
      });
    }
    this.#listen("SIGWINCH", () => this.#again());
    this.#listen("SIGTSTP", () => this.#stop());
    this.#listen("SIGCONT", () => this.#enter());
    this.#enter();
  }

  /** As the terminal says; a serial line does not. */
  get size(): { readonly columns: number; readonly rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns: Math.min(columns, MAX_SIZE), rows: Math.min(rows, MAX_SIZE) };
    } catch {
      // not known
    }
    return DEFAULT_SIZE;
  }

  /** Shows lines from the top. */
  draw(lines: readonly ScreenLine[]): void {
    if (!this.#isOpen) return;
    const isPlain = Deno.noColor;
    let text = "";
    const drawn = lines.map(({ text, tone }) => {
      const style = isPlain && tone !== "heading" ? "" : STYLES[tone];
      return style === "" ? text : `${style}${text}\x1b[0m`;
    });
    for (const [at, line] of drawn.entries()) {
      if (line !== this.#drawn[at]) text += `\x1b[${at + 1};1H${line}\x1b[K`;
    }
    if (drawn.length < this.#drawn.length) text += "\x1b[J";
    this.#drawn = drawn;
    this.#write(text);
  }

  /** Reads keys until one is answered with false, or the input ends. */
  async keys(pressed: (key: Key) => boolean): Promise<void> {
    const buffer = new Uint8Array(256);
    const decoder = new TextDecoder();
    for (;;) {
      const length = await Deno.stdin.read(buffer).catch(() => null);
      if (length === null) return;
      const text = decoder.decode(buffer.subarray(0, length));
      // deno-lint-ignore no-control-regex -- keys are control characters
      for (const [name] of text.matchAll(/\x1b[[O][0-9;]*[A-Za-z~]|[^]/g)) {
        if (name === STOP_KEY) this.#stop();
        const key = KEYS[name];
        if (key !== undefined && !pressed(key)) return;
      }
    }
  }

  /** Gives it back. */
  close(): void {
    for (const [signal, listener] of this.#listeners.splice(0)) Deno.removeSignalListener(signal, listener);
    this.#leave();
  }

  #listen(signal: Deno.Signal, listener: () => void): void {
    Deno.addSignalListener(signal, listener);
    this.#listeners.push([signal, listener]);
  }

  #enter(): void {
    this.#isOpen = true;
    Deno.stdin.setRaw(true);
    this.#write(ENTER);
    this.#drawn = [];
    this.onRedraw();
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // it is gone
    }
    this.#write(LEAVE);
  }

  #again(): void {
    if (!this.#isOpen) return;
    this.#drawn = [];
    this.#write("\x1b[2J");
    this.onRedraw();
  }

  /** Ctrl-Z: the shell has the terminal until it lets us go on. */
  #stop(): void {
    this.#leave();
    Deno.kill(Deno.pid, "SIGSTOP");
  }

  /** A terminal that has gone takes nothing: its signal ends us. */
  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    } catch {
      // nobody sees it any more
    }
  }
}
