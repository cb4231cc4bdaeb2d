/**
 * The module that sends bridged frames through iptables, which kube-proxy needs where two pods share a bridge. Its switches
 * exist for each network namespace, and are on in every one that is there when it is loaded.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SWITCHES = '/proc/sys/net/bridge';
const CALLS = ['bridge-nf-call-iptables', 'bridge-nf-call-ip6tables', 'bridge-nf-call-arptables'];

/**
 * Loads the module where it is not there yet, and then switches it off in this process's own namespace, the host's: its
 * own bridges (docker0) must not suddenly be filtered. A host that had it keeps its settings; `podwire check` tells of one
 * that has none.
 */
export function loadBridgeNetfilter(): void {
  if (existsSync(SWITCHES)) return;
  spawnSync('modprobe', ['br_netfilter'], { stdio: 'ignore' });
  if (!existsSync(SWITCHES)) return;
  for (const name of CALLS) writeFileSync(join(SWITCHES, name), '0');
}
