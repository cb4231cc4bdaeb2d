#!/bin/sh
# `npm start`: sets up what is missing, then opens the walkthrough; without a terminal plays scenario 03 and prints it.
set -eu
cd "$(dirname "$0")/.."
sh lab/setup.sh
if [ -t 0 ] && [ -t 1 ]; then
  exec lab/podwire tui
fi
exec lab/podwire run scenarios/03-pod-to-pod-vxlan.yaml
