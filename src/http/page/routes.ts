// The stats page under its address, with HAProxy's options behind semicolons, its exports, and the form of operators.
import type { Context, Hono } from "hono";
import type { AccessPolicy } from "../access.ts";
import { type ApiSource, ROLES } from "../api/operation.ts";
import { readBody } from "../body.ts";
import { callerOf } from "../caller.ts";
import { renderCsv, statsRows } from "../csv.ts";
import { type ResultCode, resultOf } from "./admin_form.tsx";
import { carryOutForm, FormTokens, MAX_FORM_BYTES } from "./admin_post.ts";
import { pageUrl, renderStatsPage } from "./document.tsx";
import { filtered, type PageFilter } from "./page_model.ts";

/** How often a browser reloads the page; HAProxy's `stats refresh`. */
const REFRESH_SECONDS = 5;
/** Longest scope; HAProxy takes 20 characters. */
const MAX_SCOPE = 64;
const PATH = "/:page{stats(?:;.*)?}";

/** Adds the routes. */
export function addStatsPage(app: Hono, source: ApiSource, { realm }: AccessPolicy): void {
  const tokens = new FormTokens();
  // HAProxy's page takes its options after semicolons, in any order, and ignores those that it does not know.
  app.get(PATH, (context) => {
    const { words, filter } = optionsOf(context);
    const nowMs = source.wallMs();
    const snapshot = source.snapshot();
    const { watch } = source;
    if (words.includes("csv")) {
      const csv = renderCsv(filtered(snapshot, filter), nowMs, watch.history);
      return context.body(csv, 200, { "Content-Type": "text/csv; charset=utf-8" });
    }
    if (words.includes("json")) return context.json(statsRows(filtered(snapshot, filter), nowMs, watch.history));
    const refreshSeconds = words.includes("norefresh") ? undefined : REFRESH_SECONDS;
    const caller = callerOf(context);
    const isKnown = caller?.credential !== undefined;
    const isOperator = isKnown && ROLES.indexOf(caller.role) >= ROLES.indexOf("operator");
    return context.html(renderStatsPage({ ...watch, snapshot, operations: source.operations() }, {
      nowMs,
      refreshSeconds,
      filter,
      viewer: isKnown ? `${caller.name} (${caller.role})` : undefined,
      mayLogIn: !isKnown && realm !== undefined,
      formToken: isOperator ? tokens.of(caller.name) : undefined,
      result: resultOf(words),
    }));
  });

  app.post(PATH, async (context) => {
    const text = await readBody(context, MAX_FORM_BYTES);
    return answered(context, typeof text === "string" ? await carryOutForm(context, text, { source, tokens }) : "EXCD");
  });
}

/** A GET of the page follows, so that loading it again sends nothing again. */
function answered(context: Context, result: ResultCode): Response {
  const { words, filter } = optionsOf(context);
  return context.redirect(pageUrl(filter, !words.includes("norefresh"), result), 303);
}

interface PageOptions {
  readonly words: readonly string[];
  readonly filter: PageFilter;
}

function optionsOf(context: Context): PageOptions {
  const words = (context.req.param("page") ?? "").split(";").slice(1);
  const word = words.find((entry) => entry.startsWith("scope="))?.slice("scope=".length);
  const filter = {
    hidesDown: words.includes("up"),
    hidesMaintenance: words.includes("no-maint"),
    scope: (context.req.query("scope") ?? word ?? "").trim().slice(0, MAX_SCOPE),
  };
  return { words, filter };
}
