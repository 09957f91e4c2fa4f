// What the health engine writes to the log when something happened to servers. Decides nothing.
import type { Checker } from "../../config/config.ts";
import type { ProbeResult } from "../../ports/probes.ts";
import type { LiveRealServer } from "./live_real_server.ts";
import type { LiveChange, LiveStep, LiveVirtualServer } from "./live_server.ts";
import {
  drainLine,
  failureLine,
  formatServer,
  formatService,
  quorumLine,
  serverLine,
  shutDownLine,
  sorryServerLines,
  staysOutLine,
  successLine,
  untoldLine,
  verdictLine,
  weightLine,
} from "./log_lines.ts";
import { agentLines, certificateLines } from "./own_check_lines.ts";
import { startsDown, timingOf } from "./policy.ts";

/** The lines, in keepalived's words and order. */
export class EngineLog {
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** A virtual server starts. */
  start(server: LiveVirtualServer): void {
    const { protocol } = server.config;
    for (const { entry, health, config } of server.realServers) {
      const waits = config.checkers.some((checker) => startsDown(server.config, config, checker));
      if (health.up || waits) continue;
      this.#log(staysOutLine(formatServer(entry, protocol), formatService(server.config)));
    }
    if (!server.quorum.up) this.quorum(server, "lost");
  }

  /** A result came in. */
  step(
    server: LiveVirtualServer,
    realServer: LiveRealServer,
    checker: Checker,
    result: ProbeResult,
    step: LiveStep,
  ): void {
    const log = this.#log;
    const { protocol } = server.config;
    const name = formatServer(realServer.entry, protocol);
    for (const line of step.agent === undefined ? [] : agentLines(step.agent, step.mode, name)) log(line);
    for (const line of step.certificate === undefined ? [] : certificateLines(step.certificate, name)) log(line);
    if (step.untold) log(untoldLine(checker, formatServer(checker, protocol), result));
    if (step.verdict === "up") log(successLine(checker, formatServer(checker, protocol)));
    if (!result.ok && checker.logsAllFailures && step.tryFailed) {
      log(failureLine(checker, formatServer(checker, protocol), result));
    }
    if (step.verdict === "down") {
      log(failureLine(checker, formatServer(checker, protocol), result));
      log(verdictLine(name, timingOf(checker).retry));
    }
    // While the sorry server is in, live servers are not in the table: coming up alone adds nothing.
    const pooled = server.policy.sorryServer === undefined || server.quorum.up || step.quorum === "lost";
    const change = step.realServer;
    if (change !== undefined && pooled && step.quorum !== "gained") this.#server(server, realServer, change);
    if (step.weight !== undefined) log(weightLine(step.weight, name, formatService(server.config)));
    if (step.quorum !== undefined) this.quorum(server, step.quorum);
    if (change !== undefined && step.quorum === "gained") this.#server(server, realServer, change);
  }

  /** A reload changed a virtual server. */
  change(server: LiveVirtualServer, { added, removed, drained, changed, quorum }: LiveChange): void {
    const { protocol } = server.config;
    for (const realServer of added) {
      if (realServer.health.up) {
        this.#server(server, realServer, "up");
        continue;
      }
      this.#log(staysOutLine(formatServer(realServer.entry, protocol), formatService(server.config)));
    }
    for (const { server: realServer, change } of changed) this.#server(server, realServer, change);
    for (const realServer of removed) {
      if (!drained.includes(realServer)) this.#server(server, realServer, "down");
      else this.#log(drainLine(formatServer(realServer.entry, protocol), formatService(server.config)));
    }
    if (quorum !== undefined) this.quorum(server, quorum);
  }

  /** A real server is taken out at the end. */
  shutDown({ config }: LiveVirtualServer, { entry }: LiveRealServer): void {
    this.#log(shutDownLine(formatServer(entry, config.protocol), formatService(config)));
  }

  /** Quorum came or went. */
  quorum(server: LiveVirtualServer, change: "gained" | "lost"): void {
    const { protocol } = server.config;
    const name = formatService(server.config);
    this.#log(quorumLine(change, server.limits, server.liveWeight, name));
    const sorry = server.policy.sorryServer;
    if (sorry === undefined) return;
    for (const line of sorryServerLines(change === "lost", formatServer(sorry, protocol), name)) this.#log(line);
  }

  #server(server: LiveVirtualServer, realServer: LiveRealServer, change: "up" | "down"): void {
    const { protocol } = server.config;
    const { inhibitOnFailure } = realServer.config;
    const name = formatServer(realServer.entry, protocol);
    this.#log(serverLine(change, inhibitOnFailure, name, formatService(server.config)));
  }
}
