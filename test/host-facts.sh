#!/bin/sh
# Prints what a lab could leave on the host, sorted, one fact a line: compare two runs with diff.
PATH=$PATH:/usr/sbin:/sbin
{
  ip -o link | sed -E 's/^[0-9]+: ([^:]+): <([^>]*)>.* mtu ([0-9]+).*/link \1 mtu \3/'
  ip -o addr | sed -E 's/^[0-9]+: +/address /; s/ (scope|valid_lft|brd).*//'
  ip netns list | sed -E 's/^([^ ]+).*/namespace \1/'
  ip route | sed 's/^/route /'
  ip -6 route | sed -E 's/^/route6 /; s/ expires.*//'
  ip rule | sed 's/^/rule /'
  nft list ruleset 2>/dev/null | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/; s/^/nft /'
  iptables-legacy-save 2>/dev/null | grep -v '^[#:]' | sed 's/^/iptables-legacy /'
  ipset list -n 2>/dev/null | sed 's/^/ipset /'
  for key in net/ipv4/ip_forward net/bridge/bridge-nf-call-iptables net/ipv4/conf/all/route_localnet net/ipv4/conf/all/rp_filter \
    net/ipv6/conf/all/forwarding net/ipv6/conf/all/disable_ipv6 net/netfilter/nf_conntrack_max kernel/hostname; do
    [ -r "/proc/sys/$key" ] && echo "sysctl $key = $(cat "/proc/sys/$key")"
  done
  grep -E ' /run/netns/|podwire' /proc/self/mounts | cut -d ' ' -f 1-3 | sed 's/^/mount /'
  ls -d /etc/netns/* /run/podwire* /tmp/podwire* 2>/dev/null | sed 's/^/file /'
  mine=$(readlink /proc/self/ns/net)
  for process in /proc/[0-9]*; do
    its=$(readlink "$process/ns/net" 2>/dev/null) && [ -n "$its" ] && [ "$its" != "$mine" ] &&
      echo "process in another network namespace: $(tr '\0\n' '  ' <"$process/cmdline" 2>/dev/null | cut -c 1-100)"
  done
} | sort
