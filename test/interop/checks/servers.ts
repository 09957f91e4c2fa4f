// Real servers in a folder of their own, on ports of loopback that nobody else has; ended and removed with the folder.
import { BackgroundProcess, run, until } from "../../support/command.ts";

/** The folder and what runs in it. */
export class Servers {
  readonly folder: string;
  readonly #started: BackgroundProcess[] = [];

  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "holdfast-checks-" });
    Deno.chmodSync(this.folder, 0o755);
  }

  /** A port where nobody listens now. */
  freePort(): number {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.close();
    return listener.addr.port;
  }

  /** Starts a server. */
  start(...command: readonly string[]): BackgroundProcess {
    const server = new BackgroundProcess(command);
    this.#started.push(server);
    return server;
  }

  /** Starts a server and waits until it takes connections. */
  async startAt(port: number, ...command: readonly string[]): Promise<BackgroundProcess> {
    const server = this.start(...command);
    await until(`${command[0]} listens`, () => listens(port), 30_000, () => server.output);
    return server;
  }

  /** Redis; `more` are lines of its configuration. @returns its port */
  async redis(...more: readonly string[]): Promise<number> {
    const port = this.freePort();
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", this.folder];
    await this.startAt(port, "redis-server", ...options, ...more);
    return port;
  }

  /** MariaDB with the user `probe`, who has no password, and `secret`, who has one. @returns its port */
  async mariadb(): Promise<number> {
    const data = `${this.folder}/mariadb`;
    const port = this.freePort();
    await run("mariadb-install-db", "--no-defaults", "--user=root", `--datadir=${data}`, "--skip-test-db");
    const init = `${this.folder}/init.sql`;
    await Deno.writeTextFile(
      init,
      "CREATE USER probe@'127.0.0.1';\nCREATE USER secret@'127.0.0.1' IDENTIFIED BY 'x';\n", // a line each
    );
    const options = ["--no-defaults", "--user=root", `--datadir=${data}`, `--socket=${this.folder}/mariadb.sock`];
    const more = [`--port=${port}`, "--bind-address=127.0.0.1", "--skip-name-resolve", `--init-file=${init}`];
    await this.startAt(port, "mariadbd", ...options, ...more);
    return port;
  }

  /** PostgreSQL, which does not run as root, with the user `postgres`. @returns its port */
  async postgresql(): Promise<number> {
    const [version] = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => name).sort();
    const binaries = `/usr/lib/postgresql/${version}/bin`;
    const password = `${this.folder}/password`;
    await Deno.writeTextFile(password, "secret\n");
    const data = `${this.folder}/postgresql`;
    const port = this.freePort();
    await Deno.mkdir(data);
    await run("chown", "postgres", data);
    const asUser = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    await run(...asUser, `${binaries}/initdb`, "-D", data, "-A", "scram-sha-256", `--pwfile=${password}`, "-N");
    const options = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", data];
    await this.startAt(port, ...asUser, `${binaries}/postgres`, ...options);
    return port;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const server of this.#started) await server.killTree();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
