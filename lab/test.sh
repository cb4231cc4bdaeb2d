#!/bin/sh
# `npm test`: sets up what is missing, then types, lint, every test of both projects, and at the end the host itself:
# what a lab could leave must not be there. Arguments go to vitest. The last line has the true numbers.
set -u
cd "$(dirname "$0")/.."
sh lab/setup.sh --test || exit 1
PATH=$PWD/.node/bin:$PWD/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh test/host-facts.sh >"$work/before"
bad=0

echo 'podwire test: types'
tsc --noEmit || bad=$((bad + 1))
echo 'podwire test: lint and format'
biome check --diagnostic-level=error . || bad=$((bad + 1))
if [ "$(id -u)" != 0 ]; then
  echo 'podwire test: the integration tests are left out: they make real namespaces, which needs root (sudo npm test)'
  set -- --project unit "$@"
fi
echo 'podwire test: unit and integration tests'
vitest run --reporter=default --reporter=json --outputFile.json="$work/report.json" "$@"

sh test/host-facts.sh >"$work/after"
if ! diff "$work/before" "$work/after" >"$work/diff"; then
  echo 'podwire test: the tests left the host changed (< before, > after):'
  grep '^[<>]' "$work/diff"
  bad=$((bad + 1))
fi
node scripts/closing-line.mjs "$work/report.json" 3 "$bad"
