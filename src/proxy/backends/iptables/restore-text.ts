/**
 * The input of `iptables-restore --noflush`. Each `*table … COMMIT` section is one transaction; one process may take
 * many. A chain line flushes the chain when it exists, and creates it when not.
 */
import type { Batch } from '../../../kernel/kernel.ts';
import type { IpFamily } from '../../../net/ip.ts';
import type { Chain, Table } from './fixed-chains.ts';

export interface TableEdit {
  /** Written whole: flushed or created, then filled. */
  readonly chains?: readonly Chain[];
  /** Commands after that, in order: `-I KUBE-SERVICES …`, `-D KUBE-SERVICES …`. */
  readonly commands?: readonly string[];
  /** Flushed and removed; nothing may jump to them once the commands have run. */
  readonly remove?: readonly string[];
}

/** One transaction as text; empty when there is nothing to do. */
export function transaction(table: Table, edit: TableEdit): string {
  const { chains = [], commands = [], remove = [] } = edit;
  if (chains.length + commands.length + remove.length === 0) return '';
  // Appended piece by piece: an array of half a million lines would cost more than the text.
  let text = `*${table}\n`;
  for (const chain of chains) text += `:${chain.name} - [0:0]\n`;
  for (const name of remove) text += `:${name} - [0:0]\n`;
  for (const { name, rules } of chains) for (const rule of rules) text += `-A ${name} ${rule}\n`;
  for (const command of commands) text += `${command}\n`;
  for (const name of remove) text += `-X ${name}\n`;
  return `${text}COMMIT\n`;
}

/** `items` in runs of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}

/** The batch of a text; none for an empty one. */
export function restoreBatch(family: IpFamily, text: string): Batch[] {
  return text === '' ? [] : [{ tool: 'iptables-restore', family, text }];
}
