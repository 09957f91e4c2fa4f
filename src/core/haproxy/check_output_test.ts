import { assert, assertEquals } from "../../../test/assert.ts";
import { parseCheckOutput, withoutSecrets } from "./check_output.ts";

Deno.test("messages of haproxy -c, with file and line where it names them", () => {
  const text = `[NOTICE]   (1488) : haproxy version is 2.6.12-1+deb12u4
[NOTICE]   (1488) : path to executable is /usr/sbin/haproxy
[WARNING]  (1488) : config : config: Can't open global server state file '/x': No such file or directory
[ALERT]    (1488) : config : parsing [bad.cfg:7] : unknown proxy mode 'htp'.
[WARNING]  (1488) : config : missing timeouts for frontend 'f'.
   | While not properly invalid, you will certainly encounter various problems
   | with such a configuration.
[ALERT]    (1488) : config : proxy 'f' unable to find required default_backend: 'b'.
[ALERT]    (1488) : config : 'server b/s' : could not resolve address 'x', disabling server (declared at [bad.cfg:9]).
[ALERT]    (1488) : config : Error(s) found in configuration file : bad.cfg
[ALERT]    (1488) : config : Fatal errors found in configuration.
`;
  assertEquals(parseCheckOutput(text), [
    { severity: "error", file: "bad.cfg", line: 7, text: "unknown proxy mode 'htp'" },
    {
      severity: "warning",
      text: "missing timeouts for frontend 'f': While not properly invalid, you will certainly encounter various " +
        "problems with such a configuration",
    },
    { severity: "error", text: "proxy 'f' unable to find required default_backend: 'b'" },
    {
      severity: "error",
      file: "bad.cfg",
      line: 9,
      text: "'server b/s' : could not resolve address 'x', disabling server (declared at [bad.cfg:9])",
    },
  ]);
});

Deno.test("it is bounded, and draws on no terminal", () => {
  const messages = parseCheckOutput(`[ALERT] (1) : config : \x1b[31m${"x".repeat(9999)}\n`.repeat(1000));
  assertEquals(messages.length, 50);
  for (const { text } of messages) assert(text.length <= 500 && !text.includes("\x1b"));
});

Deno.test("nothing is quoted of a line that may hold a password", () => {
  const text = "error near 'hunter2' and \"hunter2\"";
  for (
    const line of ["  stats auth admin:hunter2", "user joe password hunter2", "  user joe insecure-passwrd hunter2"]
  ) {
    assert(!withoutSecrets(text, line).includes("hunter2"));
  }
  assertEquals(withoutSecrets("unknown keyword 'x'", "  x y"), "unknown keyword 'x'");
  assertEquals(withoutSecrets("unknown keyword 'x'", undefined), "unknown keyword 'x'");
});
