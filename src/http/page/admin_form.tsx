// The form of the stats page with which operators act on checked servers, in HAProxy's manner: fields, verbs, and the banner
// that says what came of it. Works without scripts.
import type { FC, PropsWithChildren } from "hono/jsx";

/** Field of the token that only our own page knows. */
export const TOKEN_FIELD = "token";

/** HAProxy's verbs, as far as they mean something here, and `weight`. */
export const VERBS = [
  ["ready", "Set state to READY"],
  ["drain", "Set state to DRAIN"],
  ["maint", "Set state to MAINT"],
  ["hrunn", "Health: force UP"],
  ["hdown", "Health: force DOWN"],
  ["ehlth", "Health: as checked"],
  ["check", "Check now"],
  ["weight", "Set weight to ..."],
] as const;
export type Verb = (typeof VERBS)[number][0];

/** Those for HAProxy's own servers. */
export const HAPROXY_VERBS = VERBS.filter(([verb]) => ["ready", "drain", "maint", "weight"].includes(verb));

/** For how long, in seconds. */
const DURATIONS = [["", "until it is taken back"], ["600", "for 10 minutes"], ["3600", "for an hour"], [
  "86400",
  "for a day",
]] as const;

/** What came of it: HAProxy's codes and our own LAST, with what the banner says and its colour. */
export const RESULTS = {
  DONE: ["Done.", "active_up"],
  PART: [
    "Done for some of the checked servers. The others were not found, or it was refused: the log says more.",
    "active_going_up",
  ],
  NONE: ["Nothing was changed.", "active_going_down"],
  LAST: ["Nothing was changed: that would have taken away the last server that gets connections.", "active_down"],
  ERRP: ["Nothing was changed: the form was not understood.", "active_down"],
  EXCD: ["Nothing was changed: the form was too long.", "active_down"],
  DENY: ["Nothing was changed: the form was not from this page, or from before a restart. Try again.", "active_down"],
} as const;
export type ResultCode = keyof typeof RESULTS;

/** The result that a word of the address names. */
export function resultOf(words: readonly string[]): ResultCode | undefined {
  const code = words.find((word) => word.startsWith("st="))?.slice("st=".length) ?? "";
  return Object.hasOwn(RESULTS, code) ? code as ResultCode : undefined;
}

/** The banner. */
export const ResultBanner: FC<{ code: ResultCode }> = ({ code }) => {
  const [text, className] = RESULTS[code];
  return (
    <div id="result" class={`result ${className}`} role="status">
      <p>{text}</p>
    </div>
  );
};

/** What a form is about. */
interface AdminFormProperties {
  readonly id: string;
  /** A virtual server, or a backend of HAProxy's. */
  readonly backend: string;
  readonly verbs: readonly (readonly [Verb, string])[];
  readonly action: string;
  readonly token: string;
}

/** Around one table. */
export const AdminForm: FC<PropsWithChildren<AdminFormProperties>> = (
  { id, backend, verbs, action, token, children },
) => (
  <form class="admin" method="post" action={action} id={`${id}:form`}>
    {children}
    <div class="actions">
      <input type="hidden" name="b" value={backend} />
      <input type="hidden" name={TOKEN_FIELD} value={token} />
      <label>
        With the checked servers:{" "}
        <select name="action">
          <option value=""></option>
          {verbs.map(([verb, label]) => <option value={verb}>{label}</option>)}
        </select>
      </label>
      <label>
        weight <input name="w" size={5} inputmode="numeric" pattern="[0-9]{1,5}" autocomplete="off" />
      </label>
      <label>
        <select name="ttl" aria-label="how long">
          {DURATIONS.map(([seconds, label]) => <option value={seconds}>{label}</option>)}
        </select>
      </label>
      <label>
        because <input name="reason" maxlength={200} autocomplete="off" />
      </label>
      <label>
        <input type="checkbox" name="force" value="yes" />
        {" even the last one"}
      </label>
      <button type="submit">Apply</button>
    </div>
  </form>
);
