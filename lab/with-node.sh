#!/bin/sh
# Runs a program with the checkout's own tools and its Node (that of lab/setup.sh, where PATH's is too old) in PATH.
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$here/.node/bin:$here/node_modules/.bin:$PATH:/usr/sbin:/sbin
export PATH
exec "$@"
