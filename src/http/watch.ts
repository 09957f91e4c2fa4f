// What looks at everything that the api role is told: histories, timeline, and the streams of pages and of events.
import type { Entry } from "../core/journal/entry.ts";
import { NO_OPERATIONS, type OperationsSnapshot } from "../ports/commands.ts";
import type { Snapshot } from "../ports/snapshot.ts";
import type { ApiStatistics } from "./api_statistics.ts";
import { CheckHistory } from "./check_history.ts";
import { History } from "./history.ts";
import { JournalView } from "./journal_view.ts";
import { Leashes } from "./leashes.ts";
import { LivePage } from "./page/live.ts";
import { pageModel } from "./page/page_model.ts";

/** Use: `changed()` with each new picture, `happened()` with what is new in the journal. */
export class Watch {
  readonly history = new History();
  readonly checks = new CheckHistory();
  readonly leashes = new Leashes();
  readonly journal: JournalView;
  readonly live: LivePage;
  readonly #snapshot: () => Snapshot;

  constructor(
    snapshot: () => Snapshot,
    statistics: ApiStatistics,
    operations: () => OperationsSnapshot = () => NO_OPERATIONS,
  ) {
    this.#snapshot = snapshot;
    const streams = { pages: 0, events: 0 };
    const count = (change: Partial<typeof streams>): void => {
      Object.assign(streams, change);
      statistics.streams = streams.pages + streams.events;
    };
    this.journal = new JournalView((events) => count({ events }));
    const { history, journal } = this;
    this.live = new LivePage({
      model: () => pageModel({ snapshot: snapshot(), history, journal, operations: operations() }),
      points: () => history.latest(),
      counted: (pages) => count({ pages }),
    });
  }

  /** There is a new picture. @param nowMs wall clock */
  changed(nowMs = Date.now()): void {
    const snapshot = this.#snapshot();
    this.checks.observe(snapshot);
    if (this.history.observe(snapshot, nowMs)) this.live.sampled();
    this.live.changed();
  }

  /** Somebody has done something, or a task has gone on. */
  operated(): void {
    this.live.changed();
  }

  /** The journal has new entries. */
  happened(entries: readonly Entry[]): void {
    this.journal.add(entries);
    this.live.changed();
  }
}
