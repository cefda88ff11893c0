#!/bin/sh
# The steps of the Dockerfile where there is no container engine.
#
#   deploy/image-steps.sh build FOLDER   installs the bot into FOLDER, which must not exist yet; it
#                                        keeps its data in $DATA, /data if that is not set, and has no
#                                        local voice with VOICE=none
#   deploy/image-steps.sh start FOLDER   starts it, with --once behind FOLDER for one exchange in the sandbox; root
#                                        becomes nobody first, who cannot write to FOLDER, or starts nothing (exit
#                                        code 78) unless PARLEY_AS_ROOT is 1
#
# `node` on the PATH must be version 24 or newer: the package `node` brings none without its script.
set -eu

repository=$(cd "$(dirname "$0")/.." && pwd)
nobody=65534

build() {
  needs_node
  mkdir "$1"
  cd "$1"
  DATA=${DATA:-/data}
  VOICE=${VOICE:-joe}
  copy .npmrc package.json package-lock.json
  npm ci --ignore-scripts --no-audit --no-fund
  npm rebuild @discordjs/opus || rm -rf node_modules/@discordjs/opus
  copy LICENSE THIRD-PARTY-NOTICES.md
  copy models
  (cd models && sha256sum -c --quiet SHA256SUMS)
  [ "$VOICE" = joe ] || rm -r models/piper-joe-int8
  copy src
  copy commands
  copy sandbox
  copy doctor
  copy setup
  copy page
  copy scripts/bundle.mjs
  node scripts/bundle.mjs
  npm prune --omit=dev --ignore-scripts --no-audit --no-fund
  node src/app/trim-installation.mjs
  ln -s "$DATA" data
}

start() {
  needs_node
  cd "$1"
  shift
  data=$(readlink data)
  export NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536
  if [ "$(id -u)" != 0 ]; then
    mkdir -p -m 700 "$data"
    exec node --min-semi-space-size=2 --max-semi-space-size=2 dist/parley.mjs "$@"
  fi
  install -d -o "$nobody" -g "$nobody" -m 700 "$data"
  if as_nobody node --version >/dev/null 2>&1 && as_nobody test -r dist/parley.mjs; then
    exec setpriv --reuid="$nobody" --regid="$nobody" --clear-groups --no-new-privs node --min-semi-space-size=2 --max-semi-space-size=2 dist/parley.mjs "$@"
  fi
  if [ "${PARLEY_AS_ROOT:-}" != 1 ]; then
    echo 'image-steps: not started as root: setpriv is missing, or nobody may not read node or the folder.' >&2
    echo 'image-steps: mend that, start it as another user, or set PARLEY_AS_ROOT=1.' >&2
    exit 78
  fi
  echo 'image-steps: as root, for PARLEY_AS_ROOT is 1' >&2
  exec node --min-semi-space-size=2 --max-semi-space-size=2 dist/parley.mjs "$@"
}

needs_node() {
  node -e 'process.exit(process.features.typescript ? 0 : 1)' && return
  echo "image-steps: needs Node 24 or newer on the PATH, not $(node --version)" >&2
  exit 78
}

as_nobody() {
  setpriv --reuid="$nobody" --regid="$nobody" --clear-groups --no-new-privs "$@"
}

copy() {
  for one in "$@"; do
    mkdir -p "$(dirname "$one")"
    cp -R "$repository/$one" "$one"
  done
}

case "${1:-} $#" in
  'build 2') build "$2" ;;
  'start 2' | 'start 3') shift; start "$@" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
