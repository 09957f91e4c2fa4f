// Manual pages in man(7)'s language: holdfast(8) from the command line itself, holdfast.conf(5) from the tables of keywords.
import type { Argument, Command, Option } from "commander";
import { VERSION } from "../base/version.ts";
import { SECTIONS } from "../config/keywords.ts";
import { manualEntry } from "../config/manual/manual.ts";
import type { SectionName } from "../config/section.ts";
import { typeOf } from "../config/types.ts";

/** The pages that there are. */
export const MAN_PAGES = ["holdfast.8", "holdfast.conf.5"] as const;

/** The text of a page. @param program the command line, with its commands */
export function manPage(page: typeof MAN_PAGES[number], program: Command): string {
  const lines = page === "holdfast.8" ? programPage(program) : configurationPage();
  return `${lines.join("\n")}\n`;
}

function programPage(program: Command): string[] {
  return [
    ...header("holdfast", 8, "System administration"),
    ".SH NAME",
    "holdfast \\- keeps virtual IP addresses alive with VRRP and balances load with IPVS",
    ".SH SYNOPSIS",
    ".B holdfast",
    "\\fIcommand\\fP [\\fIoption\\fP ...]",
    ".SH DESCRIPTION",
    text(program.description()),
    "The configuration is described in",
    ".BR holdfast.conf (5).",
    ".SH COMMANDS",
    ...program.createHelp().visibleCommands(program).filter((command) => command.name() !== "help").flatMap(
      commandLines,
    ),
    ".SH SIGNALS",
    ...term("SIGTERM, SIGINT", "end in order: the addresses move to a peer, then the virtual servers go"),
    ...term("SIGHUP", "read the configuration again; a wrong one is refused whole, and what was running goes on"),
    ".SH EXIT STATUS",
    ...term("0", "it worked; for check: the configuration can be run"),
    ...term("1", "a configuration that cannot be run or was refused, or a missing privilege"),
    ...term("2", "a wrong command line"),
    ".SH ENVIRONMENT",
    ...term(
      "NOTIFY_SOCKET, WATCHDOG_USEC",
      "set by systemd: it is told when the daemon is ready, and that it is alive",
    ),
    ...term("NO_COLOR", "messages are without colours"),
    ".SH FILES",
    ...term("/etc/keepalived/keepalived.conf", "the configuration, unless --use-file names another"),
    ...term("/etc/holdfast/keepalived.conf", "the configuration of the service in Debian's package"),
    ...term("/etc/default/holdfast", "names another configuration or address for the service in Debian's package"),
    ".SH SEE ALSO",
    ".BR holdfast.conf (5),",
    ".BR ipvsadm (8),",
    ".BR systemd.service (5)",
  ];
}

function commandLines(command: Command): string[] {
  const operands = command.registeredArguments.map((argument: Argument) => `<${argument.name()}>`);
  const options = command.options.flatMap((option: Option) => [
    ".TP",
    `.B ${text(option.flags)}`,
    text(`${option.description}${choicesOf(option.argChoices)}${defaultOf(option)}`),
  ]);
  return [
    `.SS ${text([command.name(), ...operands].join(" "))}`,
    text(`${command.description()}.`),
    ...command.registeredArguments.flatMap((argument: Argument) => [
      ".TP",
      `.I ${text(argument.name())}`,
      text(`${argument.description}${choicesOf(argument.argChoices)}`),
    ]),
    ...options,
  ];
}

function choicesOf(choices: readonly string[] | undefined): string {
  return choices === undefined ? "" : `: ${choices.join(", ")}`;
}

/** Only what can be typed: a parsed default has no form of its own. */
function defaultOf({ defaultValue }: Option): string {
  return typeof defaultValue === "string" ? ` (default: ${defaultValue})` : "";
}

function configurationPage(): string[] {
  const sections = (Object.keys(SECTIONS) as SectionName[]).filter((name) => SECTIONS[name].keywords.size > 0);
  return [
    ...header("holdfast.conf", 5, "File formats"),
    ".SH NAME",
    "holdfast.conf \\- configuration of holdfast, in the words of keepalived.conf",
    ".SH DESCRIPTION",
    "A configuration is a",
    ".I keepalived.conf",
    "or says the same in YAML, in a file whose name ends in",
    ".I .yaml",
    "or",
    ".IR .yml .",
    "Every keyword is listed below with the block that it belongs to. One that is read and checked but not carried out says so.",
    ".PP",
    "\\fBholdfast explain\\fP \\fIkeyword\\fP prints an entry, \\fBholdfast check\\fP checks a file.",
    ...sections.flatMap(sectionLines),
    ".SH SEE ALSO",
    ".BR holdfast (8)",
  ];
}

function sectionLines(section: SectionName): string[] {
  const { title, keywords } = SECTIONS[section];
  return [
    `.SH ${text(`IN ${title}`.toUpperCase())}`,
    ...[...keywords.keys()].toSorted().flatMap((word) => keywordLines(section, word)),
  ];
}

function keywordLines(section: SectionName, word: string): string[] {
  const entry = manualEntry(section, word);
  const keyword = SECTIONS[section].keywords.get(word);
  const form = typeOf(section, word)?.form ?? "";
  const block = keyword?.opens === undefined ? "" : "{ ... }";
  const sentences = [
    entry === undefined ? "" : `${entry.meaning}.`,
    entry?.fallback === undefined ? "" : `Default: ${entry.fallback}.`,
    keyword?.use === undefined ? "" : `An old name of ${keyword.use}.`,
    keyword?.effect.type === "not-carried-out"
      ? `Not carried out yet: ${keyword.effect.consequence ?? "it is read and checked, but has no effect"}.`
      : "",
  ].filter((sentence) => sentence !== "");
  return [".TP", `.B ${text([word, form, block].filter((part) => part !== "").join(" "))}`, text(sentences.join(" "))];
}

function header(name: string, section: number, volume: string): string[] {
  return [`.TH ${name.toUpperCase()} ${section} "" "Holdfast ${VERSION}" "${volume}"`];
}

function term(what: string, meaning: string): string[] {
  return [".TP", `.B ${text(what)}`, text(meaning)];
}

/** Text of any content: no line of it is a request, no character of it an escape; a line of its own when it is empty. */
function text(plain: string): string {
  const escaped = plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("`", "").replaceAll("\n", " ");
  return /^[.']/.test(escaped) || escaped === "" ? `\\&${escaped}` : escaped;
}
