// nginx, OpenSMTPD and dnsmasq of Debian on one host of a test, each as it would run, and what makes it ill.
import { EXPIRED_CERTIFICATE, EXPIRED_KEY } from "../../support/expired_certificate.ts";
import { BackgroundProcess } from "../../support/command.ts";
import { descendants, sendSignal } from "../../support/processes.ts";
import { inside, type TestHost } from "../../support/two_hosts.ts";
import { PAGE } from "./http_cases.ts";
import { REAL } from "./other_cases.ts";

/** Which of them there are. */
export type RealServer = "web" | "mail" | "name";

/** All of them on one host; ill when the file `ill` is in the folder and `become` was told. */
export class RealServers {
  readonly #host: TestHost;
  readonly #folder: string;
  readonly #kinds: readonly RealServer[];
  readonly #steady: BackgroundProcess[] = [];
  #stopped: BackgroundProcess[] = [];
  #killed: BackgroundProcess[] = [];
  #names: BackgroundProcess | undefined;

  /** Starts them, well. */
  constructor(host: TestHost, folder: string, kinds: readonly RealServer[]) {
    this.#host = host;
    this.#folder = folder;
    this.#kinds = kinds;
    Deno.mkdirSync(`${folder}/www`);
    Deno.writeTextFileSync(`${folder}/certificate.pem`, EXPIRED_CERTIFICATE);
    Deno.writeTextFileSync(`${folder}/key.pem`, EXPIRED_KEY);
    this.#writePages("well");
    if (this.#has("web")) this.#steady.push(this.#web("web", this.#sites()));
    if (this.#has("name")) this.#names = this.#name(REAL.name);
    if (this.#names !== undefined) this.#steady.push(this.#names);
    if (this.#has("web")) this.#stopped.push(this.#web("stopped", this.#site(REAL.stoppedWeb, "")));
    if (this.#has("mail")) this.#stopped.push(this.#mail(REAL.stoppedMail));
    if (this.#has("name")) this.#stopped.push(this.#name(REAL.stoppedName));
    this.#startKilled();
  }

  /** What they have said, for when a test fails. */
  get output(): string {
    return [...this.#steady, ...this.#stopped, ...this.#killed].map((server) => server.output).join("");
  }

  async become(health: "well" | "ill"): Promise<void> {
    this.#writePages(health);
    this.#names?.signal("SIGHUP");
    for (const server of this.#stopped) signalTree(server, health === "ill" ? "SIGSTOP" : "SIGCONT");
    if (health === "well") return this.#startKilled();
    for (const server of this.#killed) await server.killTree();
    this.#killed = [];
  }

  async close(): Promise<void> {
    for (const server of [...this.#steady, ...this.#stopped, ...this.#killed]) await server.killTree();
  }

  #has(kind: RealServer): boolean {
    return this.#kinds.includes(kind);
  }

  #startKilled(): void {
    if (this.#killed.length > 0) return;
    if (this.#has("web")) this.#killed.push(this.#web("killed", this.#site(REAL.killedWeb, "")));
    if (this.#has("mail")) this.#killed.push(this.#mail(REAL.mail));
  }

  #writePages(health: "well" | "ill"): void {
    const folder = this.#folder;
    Deno.writeTextFileSync(`${folder}/www/page`, health === "well" ? PAGE : "ill\n");
    Deno.writeTextFileSync(`${folder}/www/slow`, "0123456789".repeat(10));
    if (health === "well") Deno.writeTextFileSync(`${folder}/www/gone`, PAGE);
    else Deno.removeSync(`${folder}/www/gone`);
    Deno.writeTextFileSync(`${folder}/hosts`, health === "well" ? "192.0.2.1 www.here.test www.there.test\n" : "");
  }

  #sites(): string {
    const ill = `if (-f ${this.#folder}/ill)`;
    const tls = `ssl_certificate ${this.#folder}/certificate.pem; ssl_certificate_key ${this.#folder}/key.pem;`;
    return this.#site(
      REAL.web,
      `location = /code { ${ill} { return 503; } return 200 "well"; }
       location = /closed { ${ill} { return 444; } return 200 "well"; }
       location = /slow { ${ill} { set $limit_rate 1; } }`,
    ) + this.#site(REAL.webTls, tls, "ssl");
  }

  #site(port: number, more: string, ssl = ""): string {
    return `server { listen ${this.#host.address}:${port} ${ssl}; root ${this.#folder}/www; ${more}
      location = / { return 200 "well"; } }\n`;
  }

  #web(name: string, sites: string): BackgroundProcess {
    const files = `${this.#folder}/nginx-${name}`;
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((of) =>
      `${of}_temp_path ${files}.${of};`
    );
    Deno.writeTextFileSync(
      `${files}.conf`,
      `daemon off; master_process off; pid ${files}.pid; error_log stderr;
events { worker_connections 256; }
http { access_log off; default_type text/plain; ${temporary.join(" ")}
${sites}}\n`,
    );
    return new BackgroundProcess(inside(this.#host, ["nginx", "-c", `${files}.conf`, "-e", "stderr"]));
  }

  /** Its spool and its control socket have fixed places: it gets some that nobody else sees. */
  #mail(port: number): BackgroundProcess {
    const file = `${this.#folder}/smtpd-${port}.conf`;
    const lines = [`listen on ${this.#host.address} port ${port}`, `action "drop" maildir "${this.#folder}/mail"`];
    Deno.writeTextFileSync(file, [...lines, "match from any for any reject", ""].join("\n"));
    const places =
      "mount -t tmpfs -o mode=755 spool /var/spool && mkdir -m 711 /var/spool/smtpd && mount -t tmpfs run /run";
    const network = `--net=/run/netns/${this.#host.namespace}`;
    return new BackgroundProcess([
      "nsenter",
      network,
      "unshare",
      "-m",
      "sh",
      "-c",
      `${places} && exec smtpd -d -f "$1"`,
      "sh",
      file,
    ]);
  }

  /** Knows `here.test` and nobody to ask about the others. */
  #name(port: number): BackgroundProcess {
    const listen = [
      `--listen-address=${this.#host.address}`,
      "--bind-interfaces",
      `--port=${port}`,
      "--local=/here.test/",
    ];
    const files = [
      "--conf-file=/dev/null",
      "--no-resolv",
      "--no-hosts",
      `--addn-hosts=${this.#folder}/hosts`,
      "--pid-file=",
    ];
    return new BackgroundProcess(
      inside(this.#host, ["dnsmasq", "--keep-in-foreground", "--user=root", ...listen, ...files]),
    );
  }
}

function signalTree(server: BackgroundProcess, signal: Deno.Signal): void {
  for (const pid of [server.pid, ...descendants(server.pid)]) sendSignal(pid, signal);
}
