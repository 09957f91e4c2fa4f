// The stats page in a real Chromium: what is rendered, that the style sheet applies under the content security policy, and
// that it can be used on a phone. Screenshots are kept in .cache/artefacts.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { createApp } from "../../src/http/app.ts";
import { NOW_MS, snapshot } from "../../src/http/fixture_snapshot.ts";
import { tryRun } from "../support/command.ts";
import { testWith } from "../support/requirements.ts";

const ARTEFACTS = new URL("../../.cache/artefacts", import.meta.url).pathname;
/** Chromium keeps to itself: no updates, no look-ups, nothing but the page. */
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
  .concat(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);

testWith(
  ["program:chromium"],
  "the page shows every state, in HAProxy's colours, in light and dark and on a phone",
  async () => {
    const app = createApp({ snapshot: () => snapshot(), wallMs: () => NOW_MS, allowedHosts: [] });
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => app.fetch(request));
    const url = `http://127.0.0.1:${server.addr.port}/stats;norefresh`;
    const profile = await Deno.makeTempDir();
    await Deno.mkdir(ARTEFACTS, { recursive: true });
    const chromium = (...args: string[]): ReturnType<typeof tryRun> =>
      tryRun("chromium", ...FLAGS, `--user-data-dir=${profile}`, ...args, url);
    try {
      const dom = (await chromium("--dump-dom")).output;
      for (const text of ["MASTER", "FAULT", "UP 1/2", "DRAIN", "no check", "10.0.1.99:80 (sorry)"]) {
        assertStringIncludes(dom, text);
      }
      for (
        const [name, ...args] of [
          ["light", "--window-size=1500,1000"],
          ["dark", "--window-size=1500,1000", "--blink-settings=preferredColorScheme=0"],
          ["phone", "--window-size=390,1400"],
        ] as const
      ) {
        const path = `${ARTEFACTS}/stats-${name}.png`;
        const { output } = await chromium(...args, `--screenshot=${path}`);
        assertMatch(output, /bytes written to file/);
        assertEquals(output.match(/Refused to|Content Security Policy/), null, output);
        // Without its style sheet the page is black on white, which compresses to far less.
        assert((await Deno.stat(path)).size > 40_000, `${name}: the style sheet applies`);
      }
    } finally {
      await server.shutdown();
      await Deno.remove(profile, { recursive: true });
    }
  },
);
