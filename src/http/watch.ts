// What looks at every picture that the api role gets: histories, timeline, and the stream of the page.
import type { Snapshot } from "../ports/snapshot.ts";
import type { ApiStatistics } from "./api_statistics.ts";
import { CheckHistory } from "./check_history.ts";
import { History } from "./history.ts";
import { LivePage } from "./page/live.ts";
import { pageModel } from "./page/page_model.ts";
import { Timeline } from "./timeline.ts";

/** Use: `changed()` with each new picture. */
export class Watch {
  readonly history = new History();
  readonly timeline = new Timeline();
  readonly checks = new CheckHistory();
  readonly live: LivePage;
  readonly #snapshot: () => Snapshot;

  constructor(snapshot: () => Snapshot, statistics: ApiStatistics) {
    this.#snapshot = snapshot;
    const { history, timeline } = this;
    this.live = new LivePage({
      model: () => pageModel({ snapshot: snapshot(), history, timeline }),
      points: () => history.latest(),
      counted: (viewers) => statistics.streams = viewers,
    });
  }

  /** There is a new picture. @param nowMs wall clock */
  changed(nowMs = Date.now()): void {
    const snapshot = this.#snapshot();
    this.timeline.observe(snapshot);
    this.checks.observe(snapshot);
    if (this.history.observe(snapshot, nowMs)) this.live.sampled();
    this.live.changed();
  }
}
