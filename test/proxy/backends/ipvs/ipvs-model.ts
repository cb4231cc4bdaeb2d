/**
 * A model of what the ipvs backend writes to: virtual servers, ipsets, kube-ipvs0, iptables. As strict as the tools: what is
 * there cannot be added, what is not cannot be changed, a set that a rule matches cannot go. Prints what the tools print.
 */
import type { Batch } from '../../../../src/kernel/kernel.ts';
import type { IpOp } from '../../../../src/kernel/ops.ts';
import { RuleModel } from '../iptables/rule-model.ts';

interface Server {
  settings: string;
  readonly reals: Map<string, { weight: number; connections: number }>;
}

export class IpvsModel {
  readonly rules = new RuleModel();
  readonly servers = new Map<string, Server>();
  readonly sets = new Map<string, { readonly options: string; readonly entries: Set<string> }>();
  /** Addresses of kube-ipvs0; undefined: no such device. */
  device: Set<string> | undefined;
  readonly nodeAddresses: string[];

  constructor(nodeAddresses: readonly string[] = ['192.168.1.11', '10.244.1.1']) {
    this.nodeAddresses = [...nodeAddresses];
  }

  run(batches: readonly Batch[]): void {
    for (const batch of batches) {
      if (batch.tool === 'iptables-restore') this.#restore(batch.text);
      else if (batch.tool === 'ipset') for (const line of linesOf(batch.text)) this.#set(line);
      else if (batch.tool === 'ipvsadm') for (const line of linesOf(batch.text)) this.#server(line);
      else if (batch.tool === 'ip') for (const op of batch.ops) this.#link(op as IpOp);
    }
  }

  /** Gives a real server connections: `TCP 10.96.0.1:80`, `10.244.1.2:80`. */
  connect(id: string, real: string, connections: number): void {
    this.servers.get(id)!.reals.get(real)!.connections = connections;
  }

  /** What the commands of `observe` print, and `ipvsadm -Ln`. */
  listings(): string[] {
    return [this.#saveServers(), this.#saveSets(), this.addresses(), this.#saveRules()];
  }

  addresses(): string {
    const link = (ifname: string, addresses: Iterable<string>) => ({
      ifname,
      addr_info: [...addresses].map((local) => ({ local })),
    });
    const links = [link('lo', ['127.0.0.1', '::1']), link('eth0', this.nodeAddresses)];
    return JSON.stringify(this.device === undefined ? links : [...links, {}, link('kube-ipvs0', this.device)]);
  }

  /** `options`: `-t 10.96.0.1:443` for one virtual server alone. */
  connections(options: readonly string[] = []): string {
    const lines = ['IP Virtual Server version 1.2.1 (size=4096)', 'Prot LocalAddress:Port Scheduler Flags'];
    for (const [id, { settings, reals }] of this.servers) {
      if (options.length > 0 && !id.endsWith(` ${options[1]}`)) continue;
      lines.push(`${id.replace(' ', '  ')} ${settings.split(' ')[1]}`);
      for (const [real, { weight, connections }] of reals)
        lines.push(`  -> ${real.padEnd(28)} Masq    ${weight}      ${connections}          0         `);
    }
    return lines.join('\n');
  }

  /** All of it, so that two models can be compared. */
  dump(): string {
    const sorted = (lines: Iterable<string>) => [...lines].sort().join('\n');
    const sets = [...this.sets].map(([name, { options, entries }]) => `${name} ${options}: ${[...entries].sort()}`);
    const device = this.device === undefined ? 'none' : sorted(this.device);
    return [sorted(linesOf(this.#saveServers())), sorted(sets), device, this.rules.dump()].join('\n---\n');
  }

  #saveServers(): string {
    const lines: string[] = [];
    for (const [id, { settings, reals }] of this.servers) {
      lines.push(`-A ${target(id)} ${settings}`);
      for (const [real, { weight }] of reals) lines.push(`-a ${target(id)} -r ${real} -m -w ${weight}`);
    }
    return lines.join('\n');
  }

  #saveSets(): string {
    const lines: string[] = [];
    for (const [name, { options, entries }] of this.sets) {
      lines.push(`create ${name} ${options} bucketsize 12 initval 0x1`);
      for (const entry of entries) lines.push(`add ${name} ${entry}`);
    }
    return lines.join('\n');
  }

  #saveRules(): string {
    return [...this.rules.tables]
      .map(([table, chains]) => {
        const names = [...chains].map(([name]) => `:${name} ${name.startsWith('KUBE-') ? '-' : 'ACCEPT'} [0:0]`);
        const rules = [...chains].flatMap(([name, texts]) => texts.map((rule) => `-A ${name} ${rule}`));
        return [`*${table}`, ...names, ...rules, 'COMMIT'].join('\n');
      })
      .join('\n');
  }

  #restore(text: string): void {
    for (const [, set = ''] of text.matchAll(/--match-set (\S+)/g))
      if (!this.sets.has(set)) throw new Error(`Set ${set} doesn't exist.`);
    this.rules.restore(text);
  }

  #set(line: string): void {
    const [command = '', name = '', ...rest] = line.replace(/ -exist$/, '').split(' ');
    const mayExist = line.endsWith(' -exist');
    const set = this.sets.get(name);
    if (command === 'create') {
      if (name.length > 31) throw new Error(`name too long: ${name}`);
      if (set !== undefined && (!mayExist || set.options !== rest.join(' '))) throw new Error(`exists: ${line}`);
      if (set === undefined) this.sets.set(name, { options: rest.join(' '), entries: new Set() });
      return;
    }
    if (set === undefined) throw new Error(`no such set: ${line}`);
    const entry = rest.join(' ');
    if (command === 'add') set.entries.add(entry);
    else if (command === 'del') set.entries.delete(entry);
    else if (command === 'destroy') {
      if (this.rules.dump().includes(`--match-set ${name} `)) throw new Error(`in use: ${line}`);
      this.sets.delete(name);
    } else throw new Error(`unknown line: ${line}`);
  }

  #server(line: string): void {
    const [, command = '', option = '', address = '', rest = ''] =
      /^-([AEDaed]) (-t|-u|--sctp-service) (\S+) ?(.*)$/.exec(line) ?? [];
    const id = `${{ '-t': 'TCP', '-u': 'UDP', '--sctp-service': 'SCTP' }[option]} ${address}`;
    const server = this.servers.get(id);
    if (command === 'A') {
      if (server !== undefined) throw new Error(`Service already exists: ${line}`);
      this.servers.set(id, { settings: rest, reals: new Map() });
      return;
    }
    if (server === undefined) throw new Error(`No such service: ${line}`);
    const [, real = '', weight] = /^-r (\S+)(?: -m -w (\d+))?$/.exec(rest) ?? [];
    const standing = server.reals.get(real);
    if (command === 'E') server.settings = rest;
    else if (command === 'D') this.servers.delete(id);
    else if (command === 'a') {
      if (standing !== undefined) throw new Error(`Destination already exists: ${line}`);
      server.reals.set(real, { weight: Number(weight), connections: 0 });
    } else if (standing === undefined) throw new Error(`No such destination: ${line}`);
    else if (command === 'd') server.reals.delete(real);
    else standing.weight = Number(weight);
  }

  #link(op: IpOp): void {
    if (op.op === 'link-add') {
      if (this.device !== undefined) throw new Error('File exists');
      this.device = new Set();
    } else if (op.op === 'link-delete') this.device = undefined;
    else if (op.op === 'address-replace' || op.op === 'address-delete') {
      if (this.device === undefined) throw new Error(`no device ${op.device}`);
      const ip = op.cidr.slice(0, op.cidr.indexOf('/'));
      if (op.op === 'address-replace') this.device.add(ip);
      else if (!this.device.delete(ip)) throw new Error(`no address ${op.cidr}`);
    }
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function target(id: string): string {
  const [protocol = '', address] = id.split(' ');
  return `${{ TCP: '-t', UDP: '-u', SCTP: '--sctp-service' }[protocol]} ${address}`;
}
