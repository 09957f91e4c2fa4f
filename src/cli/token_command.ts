// `holdfast token`: the tokens of the API of a running daemon. Prints a new one, which is nowhere else.
import { Argument, type Command, Option } from "commander";
import type { ShownToken } from "../ports/commands.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from "./exit_status.ts";
import { durationOption } from "./operation_commands.ts";
import { table } from "./table.ts";

interface TokenOptions {
  readonly role: ShownToken["role"];
  readonly for?: number;
  readonly json: boolean;
}

/** Adds it to the program. @param done takes the exit status */
export function addTokenCommand(program: Command, done: (status: number) => void): void {
  program.command("token")
    .description("list, create or revoke tokens of the API, at work at once; exit status 1 if it is refused")
    .addArgument(new Argument("<action>", "what to do").choices(["list", "create", "revoke"]))
    .argument("[name]", "the token's name, for `create` and `revoke`")
    .addOption(
      new Option("--role <role>", "what a new one may do").choices(["reader", "operator", "admin"]).default("reader"),
    )
    .addOption(durationOption("--for <duration>", "how long a new one holds; default: until it is revoked"))
    .option("--json", "as the API says it", false)
    .action(async (action, name, options) => done(await token(action, name, options)));
}

async function token(action: string, name: string | undefined, options: TokenOptions): Promise<number> {
  if (action === "list") return await list(options);
  if (name === undefined) {
    console.error("error: which token?");
    return EXIT_USAGE;
  }
  const { ask, operator } = await import("./ask.ts");
  if (action === "revoke") {
    const revoked = await ask({ command: "token-revoke", author: operator(), name });
    if (revoked === undefined) return EXIT_FAILURE;
    console.log((revoked as { text: string }).text);
    return EXIT_OK;
  }
  const made = await ask({
    command: "token-create",
    author: operator(),
    name,
    role: options.role,
    ...(options.for === undefined ? {} : { forMs: options.for }),
  });
  if (made === undefined) return EXIT_FAILURE;
  const { text, expiresAtMs, ...shown } = made as { text: string; token: string; expiresAtMs?: number };
  if (options.json) console.log(JSON.stringify({ ...shown, ...moment("expiresAt", expiresAtMs), text }));
  else {
    console.error(`${text}. It is shown this once and kept nowhere:`);
    console.log(shown.token);
  }
  return EXIT_OK;
}

async function list({ json }: TokenOptions): Promise<number> {
  const { ask } = await import("./ask.ts");
  const tokens = await ask({ command: "token-list" }) as readonly ShownToken[] | undefined;
  if (tokens === undefined) return EXIT_FAILURE;
  if (json) {
    const shown = tokens.map(({ createdAtMs, expiresAtMs, ...token }) => ({
      ...token,
      ...moment("createdAt", createdAtMs),
      ...moment("expiresAt", expiresAtMs),
    }));
    console.log(JSON.stringify(shown));
    return EXIT_OK;
  }
  const rows = tokens.map(({ name, role, expiresAtMs, createdBy }) => [
    name,
    role,
    expiresAtMs === undefined ? "revoked" : new Date(expiresAtMs).toISOString(),
    createdBy ?? "the configuration",
  ]);
  for (const line of table(["TOKEN", "ROLE", "UNTIL", "MADE BY"], rows)) console.log(line);
  return EXIT_OK;
}

function moment(name: string, atMs: number | undefined): Readonly<Record<string, string>> {
  return atMs === undefined ? {} : { [name]: new Date(atMs).toISOString() };
}
