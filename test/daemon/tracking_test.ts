// Scripts and files that an instance tracks, and scripts that it tells, in a network namespace.
import { assertEquals } from "../assert.ts";
import { tryRun } from "../support/command.ts";
import { daemonTest as test, QUICK_INSTANCE } from "../support/daemon_test.ts";
import { inside } from "../support/two_hosts.ts";

function config(folder: string): string {
  return `global_defs {
  script_user root
}
vrrp_script alive {
  script "/usr/bin/test ! -e '${folder}/down'"
  interval 0.2
  timeout 10
  fall 2
}
vrrp_script quick {
  script "/usr/bin/test -e ${folder}/quick"
  interval 0.2
  timeout 10
  weight -30
}
vrrp_script sleepy {
  script "/bin/sleep 60"
  interval 1
  timeout 0.3
  weight 10
}
track_file load {
  file ${folder}/load
  weight -1
  init_file 0 overwrite
}
${QUICK_INSTANCE}
  track_script {
    alive
    quick
    sleepy
  }
  track_file {
    load
  }
  notify "${folder}/notify any"
  notify_master "${folder}/notify 'to master'"
  notify_fault "${folder}/notify fault"
  notify_stop "${folder}/notify stop"
}
`;
}

test("tracked scripts and files move addresses and priorities, and scripts hear of it", "hftrack", async (lab) => {
  const folder = await Deno.makeTempDir({ prefix: "holdfast-track-" });
  const said = (): string[] => {
    try {
      return Deno.readTextFileSync(`${folder}/said`).trim().split("\n").sort();
    } catch {
      return [];
    }
  };
  try {
    await Deno.writeTextFile(`${folder}/notify`, `#!/bin/sh\necho "$@" >> ${folder}/said\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/load`, "50\n");
    await lab.write(config(folder));
    const daemon = lab.start();
    const effective = async (): Promise<number | undefined> => (await lab.instances())[0]?.priority.effective;
    await lab.comes("it is master at 70, for `quick` fails and `sleepy` is too slow", async () => {
      return await lab.has("10.9.0.100") && await effective() === 70;
    });
    await lab.comes("scripts heard of it", () => said().filter((line) => /master/i.test(line)).length === 2);
    assertEquals(await Deno.readTextFile(`${folder}/load`), "0\n");
    await Deno.writeTextFile(`${folder}/quick`, "");
    await lab.comes("`quick` succeeds", async () => await effective() === 100);
    await Deno.writeTextFile(`${folder}/load`, "7\n");
    await lab.comes("the file counts", async () => await effective() === 93);
    await Deno.writeTextFile(`${folder}/down`, "");
    await lab.comes("a script without weight takes the address away", async () => !await lab.has("10.9.0.100"));
    await Deno.remove(`${folder}/down`);
    await lab.comes("and brings it back", () => lab.has("10.9.0.100"));
    assertEquals((await tryRun(...inside(lab.hosts.a, ["kill", String(daemon.pid)]))).code, 0);
    await lab.comes(
      "the last words are said",
      () => said().includes("stop") && said().some((line) => line.includes("STOP")),
    );
    assertEquals(
      new Set(said()),
      new Set([
        "any INSTANCE VI_1 BACKUP 70",
        "any INSTANCE VI_1 FAULT 93",
        "any INSTANCE VI_1 BACKUP 93",
        "any INSTANCE VI_1 MASTER 93",
        "any INSTANCE VI_1 MASTER 70",
        "any INSTANCE VI_1 STOP 93",
        "fault",
        "stop",
        "to master",
      ].concat(said().filter((line) => / (FAULT|BACKUP) (100|70)$/.test(line)))),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test(
  "a tracked script that is not there counts for nothing, and one that is gone counts as before",
  "hftrackgone",
  async (lab) => {
    const folder = await Deno.makeTempDir({ prefix: "holdfast-track-" });
    const script = (name: string): string => `${folder}/${name}`;
    const put = (name: string, status: number): Promise<void> =>
      Deno.writeTextFile(script(name), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
    const says = async (word: string): Promise<boolean> => (await lab.status()).includes(word);
    try {
      await put("there", 0);
      await lab.write(`global_defs {
  script_user root
}
vrrp_script later {
  script ${script("later")}
  interval 0.2
  timeout 10
}
vrrp_script there {
  script ${script("there")}
  interval 0.2
  timeout 10
  weight 20
}
${QUICK_INSTANCE}
  track_script {
    later
    there
  }
}
`);
      lab.start();
      const effective = async (): Promise<number | undefined> => (await lab.instances())[0]?.priority.effective;
      await lab.comes("it is master all the same", () => lab.has("10.9.0.100"));
      await lab.comes("with the points of the other", async () => await effective() === 120);
      const missing = (name: string, meanwhile: string): string =>
        `VRRP_Script(${name}) cannot be run (there is no such file): until it can, ${meanwhile}`;
      await lab.comes("there is a warning", () => says(missing("later", "nothing is made of it")));
      await put("later", 1);
      await lab.comes("when it is there and fails, the address goes", async () => !await lab.has("10.9.0.100"));
      await Deno.remove(script("later"));
      await lab.comes(
        "when it is gone, it is bad as before",
        () => says(missing("later", "it counts as down, as before")),
      );
      assertEquals(await lab.has("10.9.0.100"), false);
      await put("later", 0);
      await lab.comes("when it is good, the address comes back", () => lab.has("10.9.0.100"));
      await lab.comes("and the warning goes", async () => !await says("cannot be run"));
      await Deno.remove(script("there"));
      await lab.comes("the other is gone", () => says(missing("there", "it counts as up, as before")));
      assertEquals(await effective(), 120);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
