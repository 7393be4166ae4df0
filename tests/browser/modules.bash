# Sourced by the scripts beside it: what they take from npm, once per lock file,
# into the user's cache folder. Sets BROWSER_MODULES.
# shellcheck shell=bash

browser_modules() {
  local from key ready
  from=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  key=$(cat "$from/package-lock.json" "$from/.npmrc" | sha256sum)
  ready=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/hansom-browser/${key:0:16}
  if [ ! -d "$ready/node_modules" ]; then
    mkdir -p "$ready.$$" || return 1
    cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$ready.$$"
    if ! (cd "$ready.$$" && npm ci) >"$ready.$$/log" 2>&1; then
      echo "npm cannot fetch what tries the console:" \
        "$(grep -iE 'npm (err|error)' "$ready.$$/log" | head -n 1)" >&2
      rm -rf "$ready.$$"
      return 1
    fi
    mv -T "$ready.$$" "$ready" 2>/dev/null || rm -rf "$ready.$$"
  fi
  export BROWSER_MODULES=$ready
}
