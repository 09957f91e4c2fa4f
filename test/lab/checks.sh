# shellcheck shell=bash
# Checks for test scripts in bash. Sourced. Each check prints one line; summary prints `N passed, N failed`.

CHECKS_PASSED=0
CHECKS_FAILED=0

# Passes if the command succeeds; otherwise shows what it printed.
check() { # title, command, argument...
  local title=$1 output
  shift
  if output=$("$@" 2>&1); then
    pass "$title"
  else
    fail "$title"
    if [ -n "$output" ]; then printf '     %s\n' "${output//$'\n'/$'\n     '}"; fi
  fi
}

# Passes if the two texts are equal.
check_equal() { # title, actual, expected
  if [ "$2" = "$3" ]; then
    pass "$1"
  else
    fail "$1"
    printf '     expected: %s\n     actual:   %s\n' "$3" "$2"
  fi
}

pass() { # title
  echo "ok   $1"
  CHECKS_PASSED=$((CHECKS_PASSED + 1))
}

fail() { # title
  echo "FAIL $1"
  CHECKS_FAILED=$((CHECKS_FAILED + 1))
}

# Repeats the command, five times a second, until it succeeds; its status is that of the last try. What a quiet machine
# does in a second takes a busy one many: whoever asks for fewer than 30 s gets 30.
eventually() { # seconds, command, argument...
  local deadline=$((SECONDS + ($1 < 30 ? 30 : $1))) status
  shift
  while true; do
    status=0
    "$@" || status=$?
    if [ $status -eq 0 ] || [ $SECONDS -ge $deadline ]; then return $status; fi
    sleep 0.2
  done
}

# The last line of a test script; its status says whether all passed.
summary() {
  echo "$CHECKS_PASSED passed, $CHECKS_FAILED failed"
  [ "$CHECKS_FAILED" -eq 0 ]
}
