/**
 * Virtual servers as lines of `ipvsadm -R`, and back from `ipvsadm -Sn`: `-A`, `-E` and `-D` for a virtual server, `-a`,
 * `-e` and `-d` for one of its real servers. All forward by masquerading (`-m`), which is the one way that leaves pods alone.
 */
import { hostPort } from '../../../net/host-port.ts';
import type { Protocol } from '../../../objects/service-port-view.ts';
import type { Command } from '../backend.ts';

export interface VirtualServer {
  /** Unique in a kernel: `TCP 10.96.0.1:443`, `UDP [fd00::1]:53`. */
  readonly id: string;
  readonly scheduler: string;
  /** Seconds a client sticks to its real server; undefined: not at all. */
  readonly persistence: number | undefined;
  /** The scheduler's flags: `mh-port`. */
  readonly flags: string | undefined;
  /** Real servers `ip:port` with their weights. Weight 0 takes no new connection. */
  readonly realServers: ReadonlyMap<string, number>;
  /** As listed, has options that no virtual server of ours has. */
  readonly isForeign?: boolean;
  /** Those of the real servers, as listed, that forward otherwise than ours, or have options that ours have not. */
  readonly foreign?: ReadonlySet<string>;
}

const OPTIONS: Readonly<Record<Protocol, string>> = { TCP: '-t', UDP: '-u', SCTP: '--sctp-service' };
const PROTOCOLS: Readonly<Record<string, Protocol>> = { '-t': 'TCP', '-u': 'UDP', '--sctp-service': 'SCTP' };

/** The id of a virtual server. */
export function virtualServerId(protocol: Protocol, ip: string, port: number): string {
  return `${protocol} ${hostPort(ip, port)}`;
}

/** Of an id: the protocol, the address, the port. */
export function partsOf(id: string): { readonly protocol: Protocol; readonly ip: string; readonly port: string } {
  const [protocol = '', address = ''] = id.split(' ');
  const colon = address.lastIndexOf(':');
  return {
    protocol: protocol as Protocol,
    ip: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: address.slice(colon + 1),
  };
}

/** What stands behind a command's letter: `-t 10.96.0.1:443`. */
function target(id: string): string {
  const { protocol } = partsOf(id);
  return `${OPTIONS[protocol]} ${id.slice(protocol.length + 1)}`;
}

function settings({ scheduler, persistence, flags }: VirtualServer): string {
  const persistent = persistence === undefined ? '' : ` -p ${persistence}`;
  return `-s ${scheduler}${persistent}${flags === undefined ? '' : ` -b ${flags}`}`;
}

/** `-A -t 10.96.0.1:443 -s rr`, without its real servers. */
export function additionLine(server: VirtualServer): string {
  return `-A ${target(server.id)} ${settings(server)}`;
}

/** Changes scheduler, flags and persistence; connections and real servers stay. */
export function editLine(server: VirtualServer): string {
  return `-E ${target(server.id)} ${settings(server)}`;
}

/** Takes the real servers with it. */
export function deletionLine(id: string): string {
  return `-D ${target(id)}`;
}

/** Adds a real server (`-a`) or changes its weight (`-e`). */
export function realServerLine(command: '-a' | '-e', id: string, realServer: string, weight: number): string {
  return `${command} ${target(id)} -r ${realServer} -m -w ${weight}`;
}

export function realServerDeletionLine(id: string, realServer: string): string {
  return `-d ${target(id)} -r ${realServer}`;
}

/** True when the two differ in what `-E` can change. */
export function differsInSettings(a: VirtualServer, b: VirtualServer): boolean {
  return settings(a) !== settings(b) || a.isForeign !== b.isForeign;
}

type Listed = { -readonly [Key in keyof VirtualServer]: VirtualServer[Key] } & {
  readonly realServers: Map<string, number>;
  readonly foreign: Set<string>;
};

/** Reads `ipvsadm -Sn`: the virtual servers of both families by id; those of firewall marks are nobody's of ours. */
export function parseVirtualServers(listing: string): Map<string, VirtualServer> {
  const servers = new Map<string, Listed>();
  for (const line of listing.split('\n')) {
    const [command = '', option = '', address = '', ...rest] = line.trim().split(/\s+/);
    const protocol = PROTOCOLS[option];
    if (protocol === undefined) continue;
    const id = `${protocol} ${address}`;
    const value = (flag: string) => (rest.includes(flag) ? rest[rest.indexOf(flag) + 1] : undefined);
    if (command === '-A') {
      const persistence = value('-p');
      const server: Listed = {
        id,
        scheduler: value('-s') ?? '',
        persistence: persistence === undefined ? undefined : Number(persistence),
        flags: value('-b'),
        realServers: new Map(),
        foreign: new Set(),
      };
      if (rest.join(' ') !== settings(server)) server.isForeign = true;
      servers.set(id, server);
    } else if (command === '-a') {
      const [real, weight] = [value('-r') ?? '', value('-w') ?? ''];
      const server = servers.get(id);
      server?.realServers.set(real, Number(weight));
      if (rest.join(' ') !== `-r ${real} -m -w ${weight}`) server?.foreign.add(real);
    }
  }
  return servers;
}

/** The command that lists connections: of one virtual server, or of all. */
export function connectionsCommand(id?: string): Command {
  return ['ipvsadm', '-Ln', ...(id === undefined ? [] : target(id).split(' '))];
}

/** Reads `ipvsadm -Ln`: open connections, active and inactive together, by `ID REALSERVER`. */
export function parseConnections(listing: string): Map<string, number> {
  const connections = new Map<string, number>();
  let id = '';
  for (const line of listing.split('\n')) {
    const server = /^(TCP|UDP|SCTP) +(\S+) /.exec(line);
    if (server !== null) id = `${server[1]} ${server[2]}`;
    const real = /^ {2}-> (\S+) +\S+ +\d+ +(\d+) +(\d+)/.exec(line);
    if (real !== null) connections.set(`${id} ${real[1]}`, Number(real[2]) + Number(real[3]));
  }
  return connections;
}
