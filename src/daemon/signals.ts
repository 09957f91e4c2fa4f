// The signals of keepalived, by their names for `--signum` and by what they do to the supervisor.
import { ignoreRealTimeSignal, onRealTimeSignal } from "../linux/real_time_signal.ts";
import { sharedReactor } from "../linux/reactor.ts";

/** Numbers by keepalived's names (x86_64 and aarch64; SIGRTMIN is 34). */
export const SIGNAL_NUMBERS = { DATA: 10, STATS: 12, STATS_CLEAR: 63, JSON: 36, RELOAD: 1, STOP: 15 } as const;

/** What signals ask for. */
export interface SignalActions {
  readonly reload: () => void;
  /** @param signal its name */
  readonly stop: (signal: string) => void;
  readonly dump: (kind: "data" | "stats" | "json") => void;
  /** The counters begin at zero again, in dumps. */
  readonly clearStats: () => void;
  readonly log: (line: string) => void;
}

/** Answers to signals from now on, until the process ends. */
export function listenToSignals({ reload, stop, dump, clearStats, log }: SignalActions): void {
  Deno.addSignalListener("SIGHUP", reload);
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stop(signal));
  Deno.addSignalListener("SIGUSR1", () => dump("data"));
  Deno.addSignalListener("SIGUSR2", () => dump("stats"));
  const realTime: [number, () => void][] = [[SIGNAL_NUMBERS.JSON, () => dump("json")], [
    SIGNAL_NUMBERS.STATS_CLEAR,
    () => {
      dump("stats");
      clearStats();
    },
  ]];
  for (const [signal, listener] of realTime) {
    if (!onRealTimeSignal(signal, sharedReactor(), listener)) {
      log(`warning: signal ${signal} is ignored: descriptor ${signal} is in use`);
    }
  }
}

/** Makes a child role outlive signals that are meant for the supervisor, whoever sends them to it. */
export function outliveDumpSignals(): void {
  for (const signal of ["SIGUSR1", "SIGUSR2"] as const) Deno.addSignalListener(signal, () => {});
  for (const signal of [SIGNAL_NUMBERS.JSON, SIGNAL_NUMBERS.STATS_CLEAR]) ignoreRealTimeSignal(signal);
}
