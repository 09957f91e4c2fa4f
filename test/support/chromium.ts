// A headless Chromium that a test drives over its debugging protocol.
import { BackgroundProcess, until } from "./command.ts";

/** Chromium keeps to itself: no updates, no look-ups, nothing but the page. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
  .concat([
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
  ]);
const START_MS = 60_000;

/** How a page is opened. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly scripts: boolean;
}

/** What a browser says about a page, besides what is asked for. */
type Entry = { readonly text: string };

/** One tab. */
export class Chromium {
  readonly #process: BackgroundProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (result: Record<string, unknown>) => void>();
  /** Complaints of the page: errors of its scripts, refusals by its content security policy. */
  readonly complaints: string[] = [];
  #lastId = 0;

  private constructor(process: BackgroundProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
  }

  /** Starts a browser with one empty tab. */
  static async start(): Promise<Chromium> {
    const profile = await Deno.makeTempDir();
    const process = new BackgroundProcess([
      "chromium",
      ...FLAGS,
      `--user-data-dir=${profile}`,
      "--remote-debugging-port=0",
      "about:blank",
    ]);
    const port = (): string | undefined =>
      process.output.match(/DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//)?.[1];
    await until("the browser listens", () => port() !== undefined, START_MS, () => process.output);
    let url: string | undefined;
    await until("the browser has a tab", async () => {
      const tabs = await (await fetch(`http://127.0.0.1:${port()}/json`)).json();
      url = tabs.find((tab: { type: string }) => tab.type === "page")?.webSocketDebuggerUrl;
      return url !== undefined;
    }, START_MS);
    const socket = new WebSocket(url ?? "");
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const chromium = new Chromium(process, profile, socket);
    socket.onclose = () => chromium.#answers.forEach((answer) => answer({}));
    for (const domain of ["Page", "Runtime", "Log"]) await chromium.send(`${domain}.enable`);
    return chromium;
  }

  /** Opens an address and waits until it is loaded. */
  async open(url: string, { width, height, scheme, scripts }: Look): Promise<void> {
    const phone = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.send("Emulation.setDeviceMetricsOverride", phone);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
    await this.send("Emulation.setScriptExecutionDisabled", { value: !scripts });
    await this.send("Page.navigate", { url });
    await this.comes("the page is loaded", `location.href !== "about:blank" && document.readyState === "complete"`);
  }

  /** The value of an expression in the page; it may be a promise. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const answer = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as {
      result?: { value: Value };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    if (result === undefined) throw new Error("the page was exchanged meanwhile, or Chromium has ended");
    return result.value;
  }

  /** Waits until an expression is true in the page, which may be half of it, or be exchanged, meanwhile. */
  comes(what: string, expression: string): Promise<void> {
    let last = "";
    const holds = (): Promise<boolean> =>
      this.evaluate<boolean>(expression).catch((error) => {
        last = String(error);
        return false;
      });
    return until(what, holds, START_MS, () => [last, ...this.complaints].join("\n"));
  }

  /** A PNG of what the tab shows. */
  async screenshot(path: string): Promise<void> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    await Deno.writeFile(path, Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0)));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#process.killTree();
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {}); // it may still be writing there
  }

  /** One command of the debugging protocol. */
  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  #hear(
    message: { id?: number; result?: Record<string, unknown>; method?: string; params?: Record<string, unknown> },
  ): void {
    if (message.id !== undefined) {
      this.#answers.get(message.id)?.(message.result ?? {});
      this.#answers.delete(message.id);
    }
    if (message.method === "Log.entryAdded") this.complaints.push((message.params?.entry as Entry).text);
    if (message.method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(message.params));
  }
}
