// The tracked scripts of a simulated host: run in virtual time by the rules of the real ones, with results as told. A run
// takes no time.
import type { VrrpScript } from "../../config/config_vrrp.ts";
import {
  nextDeadlineUs,
  type ScriptConfig,
  type ScriptState,
  type ScriptVerdict,
  startScript,
  stepScript,
} from "../../core/tracking/script_verdict.ts";

interface Running {
  readonly config: ScriptConfig;
  state: ScriptState;
}

/** Scripts at work. */
export class SimulatedScripts {
  readonly #running = new Map<string, Running>();
  readonly #failing = new Set<string>();

  /** Starts scripts, or those that are new after a reload. */
  start(scripts: readonly VrrpScript[], nowUs: number): void {
    for (const name of this.#running.keys()) {
      if (!scripts.some((script) => script.name === name)) this.#running.delete(name);
    }
    for (const { name, intervalMs, timeoutMs, rise, fall, startsDown } of scripts) {
      if (this.#running.has(name)) continue;
      const intervalUs = intervalMs * 1000;
      const config = { intervalUs, timeoutUs: timeoutMs * 1000, rise, fall, initFail: startsDown };
      this.#running.set(name, { config, state: startScript(config, nowUs) });
    }
  }

  stop(): void {
    this.#running.clear();
  }

  /** What its runs say from now on. */
  set(name: string, succeeds: boolean): void {
    if (succeeds) this.#failing.delete(name);
    else this.#failing.add(name);
  }

  get nextUs(): number {
    return Math.min(Infinity, ...[...this.#running.values()].map(({ state }) => nextDeadlineUs(state)));
  }

  get verdicts(): Record<string, ScriptVerdict> {
    return Object.fromEntries([...this.#running].map(([name, { state }]) => [name, state.verdict]));
  }

  /** Runs what is due. @returns the scripts whose verdict changed */
  runDue(nowUs: number): { readonly name: string; readonly verdict: "up" | "down" }[] {
    const changed: { name: string; verdict: "up" | "down" }[] = [];
    for (const [name, running] of this.#running) {
      if (nextDeadlineUs(running.state) > nowUs) continue;
      const started = stepScript(running.config, running.state, { type: "timer" }, nowUs);
      const code = this.#failing.has(name) ? 1 : 0;
      const ended = stepScript(running.config, started.state, { type: "exited", code }, nowUs);
      running.state = ended.state;
      for (const action of ended.actions) {
        if (action.type === "verdict") changed.push({ name, verdict: action.verdict });
      }
    }
    return changed;
  }
}
