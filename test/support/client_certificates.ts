// Certificates of a small authority, made with openssl(1): a server's, and those of clients that may come in or may not.
import { run } from "./command.ts";

/** Makes them in a folder. */
export class Authority {
  readonly #folder: string;
  readonly #name: string;
  #signed = 1;

  private constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** The certificate of the authority. */
  get path(): string {
    return `${this.#folder}/${this.#name}.pem`;
  }

  /** @param name of its files, and its own common name */
  static async create(folder: string, name: string): Promise<Authority> {
    const authority = new Authority(folder, name);
    await run(
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-keyout", `${folder}/${name}.key`, "-out", authority.path],
    );
    return authority;
  }

  /**
   * Signs one.
   *
   * @param days may be negative: it is over since then
   * @returns the paths of certificate and key
   */
  async sign(
    name: string,
    { subject = `/CN=${name}`, usage = "clientAuth", days = 1, san }: {
      readonly subject?: string;
      readonly usage?: "clientAuth" | "serverAuth";
      readonly days?: number;
      readonly san?: string;
    } = {},
  ): Promise<{ readonly cert: string; readonly key: string; readonly curl: readonly string[] }> {
    const [base, ca] = [`${this.#folder}/${this.#name}-${name}`, `${this.#folder}/${this.#name}`];
    const made = { cert: `${base}.pem`, key: `${base}.key` };
    await run(
      ...["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-subj", subject, "-keyout", made.key, "-out", `${base}.csr`],
    );
    const extensions = ["basicConstraints=CA:FALSE", `extendedKeyUsage=${usage}`];
    if (san !== undefined) extensions.push(`subjectAltName=${san}`);
    await Deno.writeTextFile(`${base}.ext`, extensions.join("\n"));
    await run(
      ...["openssl", "x509", "-req", "-in", `${base}.csr`, "-CA", `${ca}.pem`, "-CAkey", `${ca}.key`],
      ...[
        "-set_serial",
        String(this.#signed += 1),
        "-days",
        String(days),
        "-extfile",
        `${base}.ext`,
        "-out",
        made.cert,
      ],
    );
    return { ...made, curl: ["--cert", made.cert, "--key", made.key] };
  }
}
