// Scripts that a configuration names: whether they are there, can be run, and could be changed by others than root.
import { commandWords } from "../base/command_words.ts";
import { COMMANDS } from "./escaped_words.ts";
import type { Report } from "./diagnostic.ts";
import type { Host } from "./host.ts";
import type { Token } from "./lexer.ts";
import type { Statement } from "./statement.ts";

/** Keywords whose words are a user and a group. */
const USERS = new Set(["user", "script_user"]);

/** Reports what can't be run on this machine. keepalived runs on without it, and so do we. */
export function checkScripts(statement: Statement, host: Host, report: Report): void {
  const { keyword, args, block } = statement;
  const [first, second] = args;
  if (first !== undefined && COMMANDS.has(keyword.text)) {
    checkCommand(keyword.text, first, host, report);
    checkUser(second, host, report);
  }
  if (USERS.has(keyword.text)) checkUser(first, host, report);
  for (const child of block?.statements ?? []) checkScripts(child, host, report);
}

/** The same for a command that stands in a section of YAML alone. */
export function checkCommand(keyword: string, command: Token, host: Host, report: Report): void {
  const words = commandWords(command.text);
  const path = words.ok ? words.value[0] : "";
  if (!path.startsWith("/")) return; // looked for along PATH, or for a shell
  const problem = host.script(path);
  if (problem === "missing") {
    report.add("missing-script", command, `\`${path}\` of \`${keyword}\` is not there`, {
      help: "until it is, nothing is made of what it should say, and what it should hear is lost",
    });
  } else if (problem === "not-executable") {
    report.add("missing-script", command, `\`${path}\` of \`${keyword}\` can't be run`, {
      help: `\`chmod +x ${path}\``,
    });
  } else if (problem === "insecure") {
    report.add("insecure-script", command, `\`${path}\` of \`${keyword}\` can be changed by others than root`, {
      help: "give it and the folders above it to root, writable by root only; `enable_script_security` refuses it then",
    });
  }
}

function checkUser(user: Token | undefined, host: Host, report: Report): void {
  if (user === undefined || host.hasUser(user.text.split(":")[0] ?? "")) return;
  report.add("unknown-user", user, `user \`${user.text}\` is not there`);
}
