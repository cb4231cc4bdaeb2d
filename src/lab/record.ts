/**
 * The record of what a lab has made outside its own folder, written before it is made: only what stands here is ever
 * removed. One JSON object a line, appended in one write that begins with the line break, so that a line cut short never
 * spoils the next.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { isWhole, type LinkFault } from '../cni/link-fault.ts';
import type { ProcessIdentity } from '../kernel/processes.ts';
import type { ProxyMode } from '../objects/proxy-mode.ts';

export type RecordLine =
  /** The lab's mark: a random text in the environment (`MARK_VARIABLE`) of every process the lab starts. */
  | { readonly made: 'mark'; readonly mark: string }
  /** A named namespace is about to be made. */
  | { readonly made: 'netns'; readonly name: string }
  /** It stands, with this inode. */
  | { readonly made: 'netns-inode'; readonly name: string; readonly inode: number }
  | { readonly gone: 'netns'; readonly name: string }
  /** kube-proxy on a node is about to change to another mode than the plan's, or another IPVS scheduler. */
  | { readonly made: 'proxy-mode'; readonly node: string; readonly mode: ProxyMode; readonly scheduler?: string }
  /** A link is about to be as this says; a fault without a word is none. `uid`: of the pod whose link it is. */
  | { readonly made: 'link-fault'; readonly target: string; readonly uid: string; readonly fault: LinkFault }
  /** The lab has become ready (RFC 3339): from now on what is in it is worth keeping. */
  | { readonly made: 'ready'; readonly at: string }
  | ({ readonly made: 'process'; readonly role: string } & ProcessIdentity);

/** The environment variable that carries a lab's mark. */
export const MARK_VARIABLE = 'PODWIRE_MARK';

export interface RecordedMode {
  readonly mode: ProxyMode;
  readonly scheduler?: string;
}

/** What a lab's record adds up to. */
export interface Recorded {
  readonly mark: string | undefined;
  /** When the lab became ready first (RFC 3339); undefined when it never did. */
  readonly readyAt: string | undefined;
  /** What kube-proxies were changed to, by node. */
  readonly proxyModes: ReadonlyMap<string, RecordedMode>;
  /** What was wrong with links, by whose they are. */
  readonly linkFaults: ReadonlyMap<string, { readonly uid: string; readonly fault: LinkFault }>;
  /** Name → inode; undefined while it is not known that the namespace was made. */
  readonly namespaces: ReadonlyMap<string, number | undefined>;
  readonly processes: readonly (ProcessIdentity & { readonly role: string })[];
}

/** Adds up the lines of a record. A line that was cut short is passed over: what it announced was not made. */
export function replayRecord(text: string): Recorded {
  const namespaces = new Map<string, number | undefined>();
  const linkFaults = new Map<string, { uid: string; fault: LinkFault }>();
  const proxyModes = new Map<string, RecordedMode>();
  const processes: (ProcessIdentity & { role: string })[] = [];
  let mark: string | undefined;
  let readyAt: string | undefined;
  for (const line of text.split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('gone' in entry) {
      namespaces.delete(entry.name);
      continue;
    }
    switch (entry.made) {
      case 'netns':
        namespaces.set(entry.name, undefined);
        break;
      case 'netns-inode':
        namespaces.set(entry.name, entry.inode);
        break;
      case 'mark':
        mark = entry.mark;
        break;
      case 'ready':
        readyAt ??= entry.at;
        break;
      case 'proxy-mode':
        proxyModes.set(entry.node, entry);
        break;
      case 'link-fault':
        if (isWhole(entry.fault)) linkFaults.delete(entry.target);
        else linkFaults.set(entry.target, { uid: entry.uid, fault: entry.fault });
        break;
      case 'process':
        processes.push({ role: entry.role, pid: entry.pid, startTime: entry.startTime });
        break;
    }
  }
  return { mark, readyAt, proxyModes, linkFaults, namespaces, processes };
}

/** Undefined for an empty line, and for one whose writer was killed or had no space left. */
function parseLine(line: string): RecordLine | undefined {
  if (!line.endsWith('}')) return undefined;
  try {
    return JSON.parse(line) as RecordLine;
  } catch {
    return undefined;
  }
}

/** What the record at `path` adds up to; nothing when there is none. */
export function readRecord(path: string): Recorded {
  try {
    return replayRecord(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return replayRecord('');
    throw error;
  }
}

/** The record, open for writing. */
export class Recorder {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'a', 0o600);
  }

  /** Appends lines in one write; throws when they did not all go in (a full disk), since nothing unrecorded may be made. */
  write(lines: readonly RecordLine[]): void {
    if (lines.length === 0) return;
    const text = Buffer.from(lines.map((line) => `\n${JSON.stringify(line)}`).join(''));
    if (writeSync(this.#fd, text) < text.length)
      throw Object.assign(new Error('no space left on device, write'), { code: 'ENOSPC' });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
