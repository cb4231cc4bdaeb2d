#!/bin/sh
# Turns a clean Debian or Ubuntu machine into the training lab: podwire under /opt/podwire, the command in PATH, a
# greeting at login. As root:  lab/provision.sh [CHECKOUT]   (default: the checkout this script is in). Repeatable.
set -eu
checkout=$(cd "${1:-$(dirname "$0")/..}" && pwd)
home=/opt/podwire
export DEBIAN_FRONTEND=noninteractive

if [ "$(id -u)" != 0 ]; then
  printf 'podwire provision: not root\n  why: it installs packages and writes to /opt\n  do:  sudo %s\n' "$0" >&2
  exit 1
fi

if ! command -v npm >/dev/null 2>&1; then
  echo 'podwire provision: installing Debian packages: nodejs npm'
  apt-get update -q >/dev/null
  apt-get install -y -q --no-install-recommends nodejs npm >/dev/null
fi

if [ "$checkout" != "$home" ]; then
  mkdir -p "$home"
  (cd "$checkout" && tar -c --exclude=./.git --exclude=./node_modules --exclude=./dist --exclude=./.node .) | tar -x -C "$home"
fi
sh "$home/lab/setup.sh"

ln -sf "$home/lab/podwire" /usr/local/bin/podwire
mkdir -p /etc/bash_completion.d
podwire completion bash >/etc/bash_completion.d/podwire
cat >/etc/profile.d/podwire.sh <<'GREETING'
# Greets whoever logs in with a terminal.
if [ -t 1 ]; then
  cat <<'TEXT'

  podwire: a Kubernetes network you can hold in your hand

    sudo podwire tui                the walkthrough: start here
    sudo podwire up                 build the lab: a control plane, two nodes, an outside client
    sudo podwire kubectl -- get nodes,pods -A -o wide
    sudo podwire exec node-1 -- ip route
    sudo podwire down               remove every trace of it

TEXT
fi
GREETING
echo "podwire provision: done: $(podwire --version)"
