/** Scratch namespaces for tests on the real kernel: unique names, removed whatever happens. */
import { afterAll } from 'vitest';
import type { JournalEntry } from '../../src/kernel/kernel.ts';
import { LinuxKernel } from '../../src/kernel/linux-kernel.ts';

let count = 0;

export interface Scratch {
  readonly lab: string;
  readonly kernel: LinuxKernel;
  readonly journal: JournalEntry[];
  /** Makes `LAB.part` for each part and gives the names. */
  create(parts: readonly string[], options?: { ipv6?: boolean }): Promise<string[]>;
  /** Has namespaces that were made otherwise deleted too. */
  track(names: readonly string[]): void;
}

/** A kernel with a lab name of its own; every namespace it makes is deleted after the tests of the file. */
export function scratch(): Scratch {
  count += 1;
  const lab = `t${process.pid}-${count}`;
  const made = new Set<string>();
  const journal: JournalEntry[] = [];
  const kernel = new LinuxKernel({
    journal: { append: (entry) => journal.push(entry) },
    onCreate: (names) => {
      for (const name of names) made.add(name);
    },
  });
  afterAll(() => kernel.deleteNamespaces([...made]));
  return {
    lab,
    kernel,
    journal,
    async create(parts, options) {
      const names = parts.map((part) => `${lab}.${part}`);
      await kernel.createNamespaces(names, options);
      return names;
    },
    track(names) {
      for (const name of names) made.add(name);
    },
  };
}

/** Polls until `probe` gives something other than undefined or false; fails at the deadline. */
export async function eventually<T>(probe: () => T | Promise<T>, timeoutMs = 5000): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
