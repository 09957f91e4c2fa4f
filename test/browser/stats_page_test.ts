// The stats page in a real Chromium: what is rendered, that it is kept up to date in place, that it can be used with a
// keyboard, a screen reader, a phone and without scripts. Screenshots are kept in .cache/artefacts.
import axe from "axe-core";
import { assert, assertEquals } from "../assert.ts";
import type { Entry } from "../../src/core/journal/entry.ts";
import { createApp } from "../../src/http/app.ts";
import { ApiStatistics } from "../../src/http/api_statistics.ts";
import { NOW_MS, realServer, snapshot, virtualServer, vrrpInstance } from "../../src/http/fixture_snapshot.ts";
import { Watch } from "../../src/http/watch.ts";
import type { Snapshot } from "../../src/ports/snapshot.ts";
import { Chromium, type Look } from "../support/chromium.ts";
import { testWith } from "../support/requirements.ts";

const ARTEFACTS = new URL("../../.cache/artefacts", import.meta.url).pathname;
const DESK: Look = { width: 1500, height: 1000, scheme: "light", scripts: true };
const PHONE: Look = { width: 390, height: 844, scheme: "light", scripts: true };

test("every state is there, readable in light and dark, with a keyboard and by a screen reader", async ({ open }) => {
  for (const [name, look] of [["light", DESK], ["dark", { ...DESK, scheme: "dark" }], ["phone", PHONE]] as const) {
    const tab = await open("/stats", look);
    const text = await tab.evaluate<string>("document.body.innerText");
    for (const wanted of ["MASTER", "FAULT", "UP 1/2", "DRAIN", "no check", "10.0.1.99:80 (sorry)"]) {
      assert(text.includes(wanted), `${wanted} in ${name}`);
    }
    await tab.comes("it is live", `document.getElementById("live").textContent === "live"`);
    const colour = await tab.evaluate<string>(
      `getComputedStyle(document.querySelector("tr.active_up td")).backgroundColor`,
    );
    assertEquals(colour, look.scheme === "dark" ? "rgb(22, 89, 0)" : "rgb(192, 255, 192)", "HAProxy's green");
    await tab.screenshot(`${ARTEFACTS}/stats-${name}.png`);
    await tab.evaluate(axe.source);
    const findings = await tab.evaluate<string[]>(`axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.slice(0, 3).map(({ html, failureSummary }) => html + failureSummary).join(" | ")))`);
    assertEquals(findings, [], name);
    assertEquals(tab.complaints, [], name);
  }
});

test("a phone shows the page without sideways scrolling, its tables scroll by themselves", async ({ open }) => {
  const tab = await open("/stats", PHONE);
  assertEquals(await tab.evaluate("document.documentElement.scrollWidth"), 390);
  const inSight = await tab.evaluate<boolean>(
    `document.querySelector("tr.active_down td").getBoundingClientRect().right <= 390`,
  );
  assert(inSight, "the state of a server is in sight");
});

test("without scripts the page is whole, and loads itself again", async ({ open }) => {
  const tab = await open("/stats", { ...DESK, scripts: false });
  // Scripts of the page are off; the debugger's are not.
  const noscript = `document.querySelector("noscript meta[http-equiv=refresh]")?.content`;
  assertEquals(await tab.evaluate(noscript), "5");
  assertEquals(await tab.evaluate(`document.getElementById("live").textContent`), "");
  assertEquals(await tab.evaluate(`document.querySelectorAll("tbody tr").length > 10`), true);
  await tab.screenshot(`${ARTEFACTS}/stats-no-script.png`);
});

test("changes are painted in place: scroll, focus and selection stay, small lines grow", async ({ open, show, happened }) => {
  const tab = await open("/stats", PHONE);
  await tab.comes("it is live", `document.getElementById("live").textContent === "live"`);
  await tab.evaluate(`(() => {
    window.kept = true;
    window.row = document.getElementById("tcp-10.0.0.100:80/10.0.1.11:80");
    row.closest(".scroll").scrollLeft = 77;
    scrollTo(0, 300);
    row.querySelector(".tip").focus({ preventScroll: true });
    getSelection().selectAllChildren(row.cells[0]);
  })()`);
  const backup = vrrpInstance({ state: "backup", sinceMs: NOW_MS });
  const before = snapshot();
  const [first, second] = before.virtualServers;
  assert(first !== undefined && second !== undefined);
  const realServers = first.realServers.map((entry, at) =>
    at === 0 ? realServer({ state: "down", sinceMs: NOW_MS }) : entry
  );
  happened(STORY);
  show({
    ...before,
    vrrpInstances: [backup, ...before.vrrpInstances.slice(1)],
    virtualServers: [{ ...first, realServers }, second],
  });
  await tab.comes("the fail-over is seen", `document.getElementById("vrrp/VI_1").cells[1].textContent === "BACKUP"`);
  await tab.comes(
    "the server is red",
    `document.getElementById("tcp-10.0.0.100:80/10.0.1.11:80").className === "active_down"`,
  );
  await tab.comes("standby is said", `document.body.innerText.includes("Standby: this node is master")`);
  await tab.comes("the timeline tells", `document.getElementById("timeline").innerText.includes("VI_1")`);
  assertEquals(await tab.evaluate("kept"), true, "the page was not loaded again");
  const state = await tab.evaluate<unknown[]>(`[
    document.getElementById("tcp-10.0.0.100:80/10.0.1.11:80").closest(".scroll").scrollLeft, scrollY]`);
  assertEquals(state[0], 77);
  assert(Number(state[1]) > 100, `scrolled down still: ${state[1]}`);

  // From here on no row comes or goes: what is painted are cells alone.
  await tab.evaluate(`(() => {
    window.row = document.getElementById("tcp-10.0.0.100:80/10.0.1.12:80");
    getSelection().selectAllChildren(row.cells[0]);
    row.querySelector(".tip").focus({ preventScroll: true });
  })()`);
  for (let round = 0; round < 3; round++) {
    const active = realServers.map((entry) => ({ ...entry, activeConnections: 1000 + round }));
    const servers = [{ ...first, realServers: active }, second];
    show({ ...before, vrrpInstances: [backup, ...before.vrrpInstances.slice(1)], virtualServers: servers });
    // Each is seen before the next, or what comes in one moment is painted as one.
    const number = `row.isConnected && row.cells[13].textContent.replace(/\\D/g, "") === "${1000 + round}"`;
    await tab.comes(`the number of round ${round} is there`, number);
  }
  assertEquals(await tab.evaluate("getSelection().toString()"), "10.0.1.12:80");
  assertEquals(await tab.evaluate(`document.activeElement.className`), "tip");
  await tab.comes(
    "a line is drawn",
    `document.querySelector("td.spark svg polyline")?.getAttribute("points").split(" ").length >= 3`,
  );
  assertEquals(tab.complaints, []);
});

test("what a check answered is text, whatever it is", async ({ open, show }) => {
  const hostile = `<img src=x onerror="document.title='taken'">`;
  const entry = realServer();
  const check = { ...entry.check, status: "L7RSP", text: hostile } as NonNullable<typeof entry.check>;
  const tab = await open("/stats", DESK);
  show(snapshot({ virtualServers: [virtualServer({ name: hostile, realServers: [realServer({ check })] })] }));
  await tab.comes("it is shown as text", `document.body.innerText.includes('onerror="document.title')`);
  assertEquals(await tab.evaluate(`document.querySelectorAll("img").length`), 0);
  assert(!(await tab.evaluate<string>("document.title")).includes("taken"));
});

test("each change of state opens into its story, without scripts too, and stays open", async ({ open, happened }) => {
  happened(STORY);
  const plain = await open("/stats", { ...PHONE, scripts: false });
  // In one go: without scripts the page loads itself anew every few seconds.
  const story = await plain.evaluate<string>(`(() => {
    const details = document.querySelector("#timeline details");
    details.open = true;
    return details.querySelector("ol").innerText;
  })()`);
  assert(story.includes("+0.000 s interface eth1 is down"), story);
  await plain.evaluate(`document.getElementById("timeline").scrollIntoView()`);
  await plain.screenshot(`${ARTEFACTS}/stats-story-phone.png`);

  const tab = await open("/stats", DESK);
  await tab.comes("it is live", `document.getElementById("live").textContent === "live"`);
  await tab.evaluate(`document.querySelector("#timeline summary").click()`);
  await tab.comes("it is open", `document.querySelector("#timeline details").open`);
  await tab.evaluate(axe.source);
  const findings = await tab.evaluate<string[]>(`axe.run("#timeline").then(({ violations }) => violations
    .filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id))`);
  assertEquals(findings, []);
  const [last] = STORY.slice(-1);
  assert(last !== undefined);
  happened([{ ...last, id: 9, fact: { type: "service", name: "tcp 10.0.0.100:80", up: false, text: "quorum lost" } }]);
  await tab.comes("a newer one is above", `document.getElementById("timeline/0").innerText.includes("quorum lost")`);
  await tab.comes("it is open still", `document.querySelector("[id='timeline/1'] details")?.open`);
  happened([{ ...last, id: 10, cause: 9, fact: { type: "daemon", text: "what came of it" } }]);
  await tab.comes("the newer one has a story", `document.querySelector("[id='timeline/0'] details") !== null`);
  assertEquals(await tab.evaluate(`document.querySelector("[id='timeline/0'] details").open`), false);
  assertEquals(tab.complaints, []);
});

/** A link that was lost, and what came of it. */
const STORY: readonly Entry[] = [
  { id: 1, atMs: NOW_MS - 310, fact: { type: "link", name: "eth1", state: "down" } },
  {
    id: 2,
    atMs: NOW_MS,
    cause: 1,
    fact: {
      type: "transition",
      kind: "instance",
      name: "VI_1",
      from: "master",
      to: "fault",
      reason: "interface eth1 is down",
      priority: 100,
    },
  },
];

interface Lab {
  readonly open: (path: string, look: Look) => Promise<Chromium>;
  readonly show: (shown: Snapshot) => void;
  /** The journal has these, too. */
  readonly happened: (entries: readonly Entry[]) => void;
}

function test(name: string, body: (lab: Lab) => Promise<void>): void {
  testWith(["program:chromium"], name, async () => {
    await Deno.mkdir(ARTEFACTS, { recursive: true });
    const statistics = new ApiStatistics();
    let shown = snapshot();
    let nowMs = NOW_MS;
    const watch = new Watch(() => shown, statistics);
    watch.changed(nowMs);
    const app = createApp({ snapshot: () => shown, wallMs: () => NOW_MS, allowedHosts: [], statistics, watch });
    const stop = new AbortController();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal }, app.fetch);
    const tabs: Chromium[] = [];
    try {
      await body({
        open: async (path, look) => {
          const tab = await Chromium.start();
          tabs.push(tab);
          await tab.open(`http://127.0.0.1:${server.addr.port}${path}`, look);
          return tab;
        },
        happened: (entries) => watch.happened(entries),
        show: (picture) => {
          shown = picture;
          nowMs += 5000;
          watch.changed(nowMs);
        },
      });
    } finally {
      for (const tab of tabs) await tab.close();
      stop.abort();
      await server.finished;
    }
  });
}
