import { assertEquals } from "../../../test/assert.ts";
import { nextDeadlineUs } from "../../core/vrrp/router.ts";
import type { RouterState } from "../../core/vrrp/state.ts";
import { DueRouters } from "./due_routers.ts";

class Router {
  state: RouterState = { name: "init" };

  get deadlineUs(): number | undefined {
    return nextDeadlineUs(this.state);
  }

  get stateName(): RouterState["name"] {
    return this.state.name;
  }

  enter(due: DueRouters<Router>, state: RouterState): void {
    this.state = state;
    due.note(this, state);
  }
}

const backup = (masterDownTimerUs: number) =>
  ({ name: "backup", masterDownTimerUs, masterAdverIntervalUs: 100_000 }) as const;

Deno.test("a backup that hears its master is not due at the deadline that it had", () => {
  const due = new DueRouters<Router>();
  const [one, other] = [new Router(), new Router()];
  one.enter(due, backup(500));
  other.enter(due, backup(600));
  one.enter(due, backup(900));
  assertEquals([due.noTimerBeforeUs, due.noTakeoverBeforeUs], [500, 500], "early, never late");
  assertEquals(due.take(600), [other]);
  assertEquals(due.noTimerBeforeUs, 900);
  due.restore(other);
  assertEquals(due.take(600), [other], "it has done nothing about it");
});

Deno.test("only backups take over", () => {
  const due = new DueRouters<Router>();
  const [one, other] = [new Router(), new Router()];
  one.enter(due, { name: "master", adverTimerUs: 300 });
  other.enter(due, backup(700));
  assertEquals([due.noTimerBeforeUs, due.noTakeoverBeforeUs], [300, 700]);
  assertEquals([due.takeoverUs(699), due.takeoverUs(700), due.takeoverUs(Infinity)], [undefined, 700, 700]);
  other.enter(due, { name: "master", adverTimerUs: 800 });
  assertEquals([due.takeoverUs(1000), due.noTakeoverBeforeUs], [undefined, Infinity]);
  due.keep([one]);
  assertEquals([due.take(1000), due.noTimerBeforeUs], [[one], Infinity]);
});
