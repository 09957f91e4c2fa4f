// The form of the stats page in a real Chromium: an operator drains a server, with scripts and without, and what he has checked
// stays while the page changes under his hands.
import axe from "axe-core";
import { assert, assertEquals } from "../assert.ts";
import type { AccessPolicy } from "../../src/http/access.ts";
import { createApp } from "../../src/http/app.ts";
import { ApiStatistics } from "../../src/http/api_statistics.ts";
import { NOW_MS, snapshot } from "../../src/http/fixture_snapshot.ts";
import { Watch } from "../../src/http/watch.ts";
import type { CommandRequest } from "../../src/ports/commands.ts";
import type { Snapshot } from "../../src/ports/snapshot.ts";
import { Chromium, type Look } from "../support/chromium.ts";
import { testWith } from "../support/requirements.ts";

const ARTEFACTS = new URL("../../.cache/artefacts", import.meta.url).pathname;
const DESK: Look = { width: 1500, height: 1000, scheme: "light", scripts: true };
const PHONE: Look = { width: 390, height: 844, scheme: "dark", scripts: true };
const OPERATOR: AccessPolicy = {
  identify: () => ({
    caller: { name: "olivia", role: "operator", credential: { kind: "authorization", value: "Basic x" } },
  }),
  realm: "Lab",
};
const ROW = `document.getElementById("tcp-10.0.0.100:80/10.0.1.11:80")`;
const FORM = `document.getElementById("tcp-10.0.0.100:80:form")`;
/** Fills the form in as a hand would. */
const FILL = `(() => {
  ${ROW}.querySelector("input").click();
  ${FORM}.elements.action.value = "drain";
  ${FORM}.elements.reason.value = "new disk";
})()`;
const APPLY = `${FORM}.querySelector("button").click()`;

for (
  const [name, look] of [["scripts", DESK], ["no scripts", { ...DESK, scripts: false }], ["a phone", PHONE]] as const
) {
  test(`a server is drained from the page, with ${name}`, async ({ open, asked }) => {
    const tab = await open(look);
    assertEquals(await tab.evaluate(`${ROW}.className`), "active_up");
    await tab.evaluate(FILL);
    await tab.evaluate(APPLY);
    await tab.comes("the result is said", `document.getElementById("result")?.innerText === "Done."`);
    await tab.comes("it is loaded", `document.readyState === "complete" && location.pathname === "/stats;st=DONE"`);
    await tab.comes("the row is blue", `${ROW}.className === "active_draining"`);
    assertEquals(asked, [{
      command: "drain",
      virtualServer: "tcp 10.0.0.100:80",
      realServer: "10.0.1.11:80",
      reason: "new disk",
    }]);
    assertEquals(await tab.evaluate("document.documentElement.scrollWidth"), look.width);
    await tab.screenshot(`${ARTEFACTS}/stats-drained-${look.width}${look.scripts ? "" : "-no-script"}.png`);
    assertEquals(tab.complaints, []);
  });
}

test("what is checked and written stays while rows come and go, and while cells change", async ({ open, show }) => {
  const tab = await open(DESK);
  await tab.comes("it is live", `document.getElementById("live").textContent === "live"`);
  await tab.evaluate(FILL);
  const before = snapshot();
  const [first, second] = before.virtualServers;
  assert(first !== undefined && second !== undefined);
  const busy = first.realServers.map((server) => ({ ...server, activeConnections: 4321 }));
  show({ ...before, virtualServers: [{ ...first, realServers: busy }, second] });
  await tab.comes("a cell changes", `${ROW}.innerText.replace(/\\D/g, "").includes("4321")`);
  assertEquals(await tab.evaluate(`${ROW}.querySelector("input").checked`), true);
  show({ ...before, virtualServers: [{ ...first, realServers: busy.slice(0, 3) }, second] });
  await tab.comes("rows are gone", `document.getElementById("tcp-10.0.0.100:80/10.0.1.16:80") === null`);
  const kept = `[${ROW}.querySelector("input").checked, ${FORM}.elements.action.value, ${FORM}.elements.reason.value]`;
  assertEquals(await tab.evaluate(kept), [true, "drain", "new disk"]);
  assertEquals(tab.complaints, []);
});

test("the form can be used with a keyboard and by a screen reader", async ({ open }) => {
  for (const look of [DESK, PHONE]) {
    const tab = await open(look);
    await tab.evaluate(axe.source);
    const findings = await tab.evaluate<string[]>(`axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html, failureSummary }) => html + failureSummary).join(" | ")))`);
    assertEquals(findings, []);
  }
});

interface Lab {
  readonly open: (look: Look) => Promise<Chromium>;
  readonly show: (shown: Snapshot) => void;
  readonly asked: CommandRequest[];
}

function test(name: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["program:chromium"], name, async () => {
    await Deno.mkdir(ARTEFACTS, { recursive: true });
    const statistics = new ApiStatistics();
    const asked: CommandRequest[] = [];
    let shown = snapshot();
    let nowMs = NOW_MS;
    const watch = new Watch(() => shown, statistics);
    const show = (picture: Snapshot): void => {
      shown = picture;
      nowMs += 5000;
      watch.changed(nowMs);
    };
    show(shown);
    const app = createApp({
      snapshot: () => shown,
      wallMs: () => NOW_MS,
      allowedHosts: [],
      statistics,
      watch,
      access: OPERATOR,
      command: (_, request) => {
        asked.push(request);
        show(drained(shown, request));
        return Promise.resolve({ ok: true, result: { text: "done", etag: "x" } });
      },
    });
    const stop = new AbortController();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal }, app.fetch);
    const tabs: Chromium[] = [];
    try {
      await body({
        open: async (look) => {
          const tab = await Chromium.start();
          tabs.push(tab);
          await tab.open(`http://127.0.0.1:${server.addr.port}/stats`, look);
          return tab;
        },
        show,
        asked,
      });
    } finally {
      for (const tab of tabs) await tab.close();
      stop.abort();
      await server.finished;
    }
  });
}

/** The picture as it is after a drain. */
function drained(before: Snapshot, { realServer }: CommandRequest): Snapshot {
  return {
    ...before,
    virtualServers: before.virtualServers.map((server) => ({
      ...server,
      realServers: server.realServers.map((real) =>
        `${real.address}:${real.port}` === realServer
          ? { ...real, presence: "draining" as const, weight: { ...real.weight, effective: 0 } }
          : real
      ),
    })),
  };
}
