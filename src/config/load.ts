// From the text of a configuration to a `Config`, or to all that is wrong with it. Reads files by given functions only.
import { checkKeywords, checkStatement } from "./check_keywords.ts";
import { checkCommand, checkScripts } from "./check_scripts.ts";
import { startable } from "./carried_out.ts";
import type { Config, VirtualServer } from "./config.ts";
import { type Diagnostic, Report } from "./diagnostic.ts";
import type { FormatStep } from "./format/formats.ts";
import { readGlobalDefs } from "./global_defs.ts";
import { readHttpConfig } from "./http_config.ts";
import type { OwnSection } from "./own_section.ts";
import { type HaproxyConfig, readHaproxyConfig } from "./haproxy_config.ts";
import type { Host } from "./host.ts";
import type { Files } from "./include.ts";
import type { Token } from "./lexer.ts";
import { readIpvsConfig } from "./ipvs_config.ts";
import { Reading } from "./line_reader.ts";
import { parse } from "./parser.ts";
import { checkWhole } from "./semantic.ts";
import type { KnownLines, PartlyKnown, PlacedServer } from "./reading_memory.ts";
import { endOf, type Statement } from "./statement.ts";
import { readSsl, readSyncGroup, readTrackGroup } from "./sync_group.ts";
import { readBfd, readFile, readGarpGroup, readProcess, readScript } from "./tracking.ts";
import { readAddressLine } from "./address_line.ts";
import type { NameLookup } from "../core/routing/names.ts";
import { readRoute, readRule } from "./route_line.ts";
import { readVirtualServer } from "./virtual_server.ts";
import { readVirtualServerGroup } from "./virtual_server_group.ts";
import { type InstanceDraft, linesOf, readVrrpInstance } from "./vrrp_instance.ts";
import { readFencingConfig, readWitnessConfig } from "./witness_config.ts";
import { readYaml } from "./yaml_reader.ts";
import { isYaml } from "./yaml_shape.ts";

/** A configuration and what it needs from outside. */
export interface LoadInput {
  /** Name of the file, as messages shall show it; `.yaml` and `.yml` are YAML, anything else is keepalived.conf. */
  readonly path: string;
  readonly text: string;
  /** The formats of holdfast.yaml; default: those of this version. */
  readonly formats?: readonly FormatStep[];
  /** For `include`; without it, every one of them fails. */
  readonly files?: Files;
  /** Default of `router_id`, and up to its first dot of the id for `@` lines. */
  readonly hostName: string;
  /** What `@ID` lines are compared with. */
  readonly configId?: string | undefined;
  /** For `${_ENV NAME}`. */
  readonly environment?: (name: string) => string | undefined;
  /** At least 0, below 1: for `${_RANDOM}`. */
  readonly random?: () => number;
  /** The machine that it is for; without it, any interface, script and user is good. */
  readonly host?: Host | undefined;
  /** Warnings are errors, too; in YAML they always are. */
  readonly strict?: boolean;
  /** What of the text is known from an earlier reading (`reading_memory.ts`). */
  readonly part?: PartlyKnown;
  /** Only looked at or rewritten: what is not carried out yet is no matter. */
  readonly willNotRun?: boolean;
}

/** What came of it. */
export interface LoadResult {
  /** Undefined if and only if a diagnostic is an error. */
  readonly config?: Config;
  /** Files in the order in which they were read, each from top to bottom. */
  readonly diagnostics: readonly Diagnostic[];
  /** Virtual servers as they stand in the file, in its order; those of YAML and of files with wrong braces are not all there. */
  readonly servers: readonly PlacedServer[];
  /** Text of each file that was read, by its name: what `renderDiagnostics` quotes from. */
  readonly sources: ReadonlyMap<string, string>;
}

const NO_FILES: Files = { read: () => undefined, list: () => undefined };

/** Reads, checks and fills in defaults. Reports everything, not the first; never throws. */
export function loadConfig(input: LoadInput): LoadResult {
  const isStrict = input.strict === true || isYaml(input.path);
  const report = new Report({ strict: isStrict, willNotRun: input.willNotRun === true });
  const reader = new ConfigReader(input, report);
  const { root, sources, own } = readRoot(input, report, { finished: (statement) => reader.take(statement) });
  const http = own === undefined ? undefined : readHttpConfig(own, report);
  const whole = reader.finish(root, readHaproxyConfig(own?.get("haproxy"), report));
  const witness = readWitnessConfig(own?.get("witness"), whole.vrrpInstances, report);
  const fencing = readFencingConfig(own?.get("fencing"), whole.vrrpInstances, report);
  if (fencing !== undefined && input.host !== undefined) {
    const { location, script: { command: text } } = fencing;
    checkCommand("fencing", { kind: "word", quoted: false, ...location, text }, input.host, report);
  }
  const ipvs = readIpvsConfig(own?.get("ipvs"), report);
  const config = {
    ...whole,
    ...(http && { http }),
    ...(witness && { witness }),
    ...(fencing && { fencing }),
    ...(ipvs && { ipvs }),
  };
  if (input.willNotRun !== true) reportLeftOut(config, report, input.host?.routingNames?.(config.global));
  const diagnostics = report.sorted([...sources.keys()]);
  return { ...(report.hasErrors ? {} : { config }), diagnostics, sources, servers: reader.placed };
}

function reportLeftOut(config: Config, report: Report, names: NameLookup | undefined): void {
  for (const { what, why, location } of startable(config, names).leftOut) {
    report.add("not-started", location, `\`${what}\` is not started: ${why}`);
  }
}

/** The statements of a configuration before anything is made of them. */
export interface Root {
  readonly root: Statement;
  readonly sources: ReadonlyMap<string, string>;
  /** Sections of YAML that keepalived has no words for. */
  readonly own?: ReadonlyMap<string, OwnSection>;
}

/** Reads the statements only. `finished` may take one out of the tree, by answering true, as soon as it is complete. */
export function readRoot(
  input: LoadInput,
  report: Report,
  { finished, comments = false }: { finished?: (statement: Statement) => boolean; comments?: boolean } = {},
): Root {
  const place = { file: input.path, line: 1, column: 1, length: 1 };
  const keyword: Token = { kind: "word", text: "", quoted: false, ...place };
  if (isYaml(input.path)) return readYaml({ file: input.path, text: input.text, formats: input.formats }, report);
  const reading = new Reading({
    report,
    files: input.files ?? NO_FILES,
    configId: input.configId ?? input.hostName.split(".")[0] ?? "",
    environment: input.environment ?? (() => undefined),
    random: input.random ?? Math.random,
    comments,
  });
  const root = {
    keyword,
    args: [],
    section: "root" as const,
    block: { section: "root" as const, statements: [] as Statement[] },
  };
  const lines = reading.open(input.path, input.text, input.part);
  parse({
    lines,
    balance: () => lines.balance(),
    into: root.block,
    report,
    finished: (statement) => {
      const isLast = root.block.statements.at(-1) === statement;
      if (isLast && finished?.(statement)) root.block.statements.pop();
    },
  });
  return { root, sources: reading.sources };
}

/** Makes a `Config` of statements. Virtual servers are read as they come, since there can be very many. */
class ConfigReader {
  readonly #input: LoadInput;
  readonly #report: Report;
  readonly #virtualServers: VirtualServer[] = [];
  readonly placed: PlacedServer[] = [];
  /** Known lines that come next. */
  readonly #known: KnownLines[];

  constructor(input: LoadInput, report: Report) {
    this.#input = input;
    this.#report = report;
    this.#known = [...input.part?.known ?? []];
  }

  /** @returns whether the statement has been dealt with */
  take(statement: Statement): boolean {
    if (statement.keyword.text !== "virtual_server" || statement.block === undefined) return false;
    const { line: from } = statement.keyword;
    this.#takeKnown(from);
    checkStatement(statement, this.#report);
    const server = this.#readVirtualServer(statement);
    if (server !== undefined) this.placed.push({ server, from, to: endOf(statement).line });
    return true;
  }

  /** Takes what is known of the lines before that one. */
  #takeKnown(line: number): void {
    for (let next = this.#known[0]; next !== undefined && next.from < line; next = this.#known[0]) {
      this.#known.shift();
      for (const place of next.servers) {
        this.#virtualServers.push(place.server);
        this.placed.push(place);
      }
    }
  }

  finish(root: Statement, haproxy: HaproxyConfig | undefined): Config {
    const { host } = this.#input;
    this.#takeKnown(Infinity);
    if (root.block !== undefined) checkKeywords(root.block, this.#report);
    const all = groupByKeyword(root);
    const blocks = (...names: string[]): Statement[] => names.flatMap((name) => all.get(name) ?? []);
    for (const statement of blocks("virtual_server")) this.#readVirtualServer(statement);
    if (host !== undefined) {
      for (const statement of root.block?.statements ?? []) checkScripts(statement, host, this.#report);
    }
    return this.#assemble(root, blocks, haproxy);
  }

  #readVirtualServer(statement: Statement): VirtualServer | undefined {
    const server = readVirtualServer(statement, this.#report);
    if (server !== undefined) this.#virtualServers.push(server);
    if (this.#input.host !== undefined) checkScripts(statement, this.#input.host, this.#report);
    return server;
  }

  #assemble(
    root: Statement,
    blocks: (...names: string[]) => Statement[],
    haproxy: HaproxyConfig | undefined,
  ): Config {
    const report = this.#report;
    const { global, routerId } = readGlobalDefs(root, report);
    const read = <T>(names: string[], reader: (statement: Statement, report: Report) => T | undefined): T[] =>
      blocks(...names).map((statement) => reader(statement, report)).filter((value) => value !== undefined);
    const drafts = read(
      ["vrrp_instance"],
      (statement): InstanceDraft | undefined => readVrrpInstance(statement, global, report),
    );
    const device = global.defaultInterface ?? "eth0";
    const lines = <T>(list: string, reader: (line: Statement) => T | undefined): T[] =>
      linesOf(root, list).map(reader).filter((value) => value !== undefined);
    const ssl = blocks("SSL").at(-1);
    const config: Config = {
      routerId: routerId ?? this.#input.hostName,
      global,
      vrrpInstances: drafts.map(({ instance }) => instance).filter((instance) => instance !== undefined),
      syncGroups: read(["vrrp_sync_group"], (statement) => readSyncGroup(statement, global, report)),
      scripts: read(["vrrp_script"], readScript),
      trackedProcesses: read(["vrrp_track_process"], readProcess),
      trackedFiles: read(["track_file", "vrrp_track_file"], readFile),
      bfdInstances: read(["bfd_instance"], readBfd),
      trackGroups: read(["track_group"], readTrackGroup),
      garpGroups: read(["garp_group"], readGarpGroup),
      staticAddresses: lines("static_ipaddress", (line) => readAddressLine(line, { device }, report)),
      staticRoutes: lines("static_routes", (line) => readRoute(line, report)),
      staticRules: lines("static_rules", (line) => readRule(line, report)),
      virtualServerGroups: read(["virtual_server_group"], readVirtualServerGroup),
      virtualServers: this.#virtualServers,
      ...(ssl === undefined ? {} : { ssl: readSsl(ssl, report) }),
      ...(haproxy && { haproxy }),
    };
    return checkWhole({ config, instances: drafts, host: this.#input.host }, report);
  }
}

function groupByKeyword(root: Statement): Map<string, Statement[]> {
  const groups = new Map<string, Statement[]>();
  for (const statement of root.block?.statements ?? []) {
    const group = groups.get(statement.keyword.text);
    if (group === undefined) groups.set(statement.keyword.text, [statement]);
    else group.push(statement);
  }
  return groups;
}
