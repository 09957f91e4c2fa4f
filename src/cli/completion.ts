// `holdfast completion`: scripts that let a shell complete commands, options and keywords.
import type { Command } from "commander";
import { SECTIONS } from "../config/keywords.ts";

/** Shells that are known. */
const SHELLS = ["bash", "zsh", "fish"] as const;

/** Commands whose first argument is an instance or a sync group. */
const ABOUT_INSTANCES = ["vrrp", "failover", "hold", "priority", "announce", "events", "why"];

/** The script for a shell, for all commands of a program. */
export function completionScript(shell: typeof SHELLS[number], program: Command): string {
  const visible = program.createHelp().visibleCommands(program).filter((command) => command.name() !== "help");
  const commands = visible.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.flatMap(({ short, long }) => [long, short]).filter((option) =>
      option !== undefined && option !== null
    ),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }));
  const keywords = [...new Set(Object.values(SECTIONS).flatMap((section) => [...section.keywords.keys()]))].toSorted();
  if (shell === "fish") return fishScript(commands, keywords);
  const script = bashScript(commands, keywords);
  return shell === "bash" ? script : `#compdef holdfast\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

interface Completed {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  /** Words that its first argument can be, where they are known. */
  readonly choices: readonly string[];
}

function bashScript(commands: readonly Completed[], keywords: readonly string[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const first = choices.length === 0 ? "" : ` choices="${choices.join(" ")}"`;
    return `    ${name}) words="${[...options, "--help"].join(" ")}"${first} ;;`;
  });
  return `# Completion of holdfast for bash: source <(holdfast completion bash)
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words="" choices=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$current"))
    return
  fi
  case "$command" in
${cases.join("\n")}
  esac
  if [ "$command" = explain ]; then
    COMPREPLY=($(compgen -W "${keywords.join(" ")}" -- "$current"))
  elif [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  elif [[ "$COMP_CWORD" -eq 2 && -n "$choices" ]]; then
    COMPREPLY=($(compgen -W "$choices" -- "$current"))
  elif [[ " ${ABOUT_INSTANCES.join(" ")} " == *" $command "* ]]; then
    COMPREPLY=($(compgen -W "$(holdfast vrrp --names 2>/dev/null)" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _holdfast holdfast
`;
}

function fishScript(commands: readonly Completed[], keywords: readonly string[]): string {
  const quote = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;
  return [
    "# Completion of holdfast for fish: holdfast completion fish | source",
    ...commands.map(({ name, description }) =>
      `complete -c holdfast -n __fish_use_subcommand -a ${name} -d ${quote(description)}`
    ),
    ...commands.flatMap(({ name, options }) =>
      options.filter((option) => option.startsWith("--")).map((option) =>
        `complete -c holdfast -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`
      )
    ),
    ...commands.filter(({ choices }) => choices.length > 0).map(({ name, choices }) =>
      `complete -c holdfast -n '__fish_seen_subcommand_from ${name}' -f -a ${quote(choices.join(" "))}`
    ),
    `complete -c holdfast -n '__fish_seen_subcommand_from ${ABOUT_INSTANCES.join(" ")}' -f ` +
    "-a '(holdfast vrrp --names 2>/dev/null)'",
    `complete -c holdfast -n '__fish_seen_subcommand_from explain' -f -a ${quote(keywords.join(" "))}`,
    "",
  ].join("\n");
}
