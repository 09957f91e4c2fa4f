// The processes of this host, for the tracker of processes: /proc, and the kernel's connector.
import { SystemClock } from "../linux/monotonic_clock.ts";
import { ProcessEvents } from "../linux/process_events.ts";
import { processIdentity, processIds } from "../linux/process_list.ts";
import type { Reactor } from "../linux/reactor.ts";
import type { ProcessEvent } from "../wire/process_events.ts";
import type { ProcessNews, ProcessView } from "./process_tracker.ts";

/** The real `ProcessView`. @param reactor where the connector is watched */
export function linuxProcesses(reactor: Reactor): ProcessView {
  const clock = new SystemClock();
  return {
    list: processIds,
    find: processIdentity,
    listen: (heard) => listen(reactor, heard),
    nowUs: () => clock.nowUs(),
  };
}

function listen(reactor: Reactor, heard: (news: ProcessNews) => void): () => void {
  const source = new ProcessEvents();
  const end = (): void => {
    if (source.fd < 0) return;
    reactor.remove(source.fd);
    source.close();
  };
  reactor.add(source.fd, () => {
    const events: ProcessEvent[] = [];
    try {
      const lost = source.receive((event) => events.push(event));
      heard({ events, lost });
    } catch (error) {
      end();
      heard({ events, lost: true, ended: error instanceof Error ? error.message : String(error) });
    }
  });
  return end;
}
