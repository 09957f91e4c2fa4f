// Work that takes longer than its request, as it is told of: the last of it, in memory.
import type { TaskEntry } from "../ports/commands.ts";

const MAX_TASKS = 32;

/** Remembers. */
export class TaskList {
  readonly #tasks: TaskEntry[] = [];
  readonly #changed: () => void;
  /** Distinguishes tasks of one life from those of the next, and of one list from those of another. */
  readonly #epoch: string;
  #last = 0;

  /** @param changed there is something new to tell */
  constructor(changed: () => void, mark = "") {
    this.#changed = changed;
    this.#epoch = `${Date.now().toString(36)}-${mark}`;
  }

  /** The newest first. */
  get entries(): readonly TaskEntry[] {
    return [...this.#tasks].reverse();
  }

  begin(kind: TaskEntry["kind"], actor: string, text: string): TaskEntry {
    const id = `${this.#epoch}${++this.#last}`;
    const task: TaskEntry = { id, kind, state: "running", actor, startedAtMs: Date.now(), text };
    this.#tasks.push(task);
    if (this.#tasks.length > MAX_TASKS) this.#tasks.shift();
    return task;
  }

  end(id: string, state: TaskEntry["state"], text: string): void {
    const at = this.#tasks.findIndex((task) => task.id === id);
    const task = this.#tasks[at];
    if (task !== undefined) this.#tasks[at] = { ...task, state, text, endedAtMs: Date.now() };
    this.#changed();
  }
}
