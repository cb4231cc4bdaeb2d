/** Kernel parameters of a namespace: files of /proc/sys, which follow the thread that opens them. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Netns } from './kernel.ts';
import { KernelError } from './kernel-error.ts';
import { within } from './namespace-window.ts';

/**
 * The file of a key. As sysctl(8) has it, the first separator decides: dots separate and a slash stands for a dot
 * within a name (`net.ipv4.conf.flannel/1.rp_filter`), or the other way round.
 */
export function sysctlPath(key: string): string {
  if (!/^[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)+$/.test(key)) throw new RangeError(`not a kernel parameter: ${key}`);
  const usesDots = /[./]/.exec(key)?.[0] === '.';
  return `/proc/sys/${usesDots ? key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.')) : key}`;
}

/** Writes parameters inside `netns`, in order. With `optional`, keys this kernel does not have are passed over. */
export function writeSysctls(netns: Netns, values: Readonly<Record<string, string | number>>, optional: boolean): void {
  within(netns, () => {
    for (const [key, value] of Object.entries(values)) writeSysctl(netns, key, value, optional);
  });
}

function writeSysctl(netns: Netns, key: string, value: string | number, optional: boolean): void {
  const path = sysctlPath(key);
  try {
    // Several are costly to write and come with the right value: a read is cheaper than a walk over every device.
    if (readFileSync(path, 'utf8').trim() === String(value)) return;
    writeFileSync(path, `${value}\n`);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (optional && code === 'ENOENT') return;
    throw new KernelError({ netns, tool: 'sysctl', line: `${key}=${value}`, stderr: String(cause), cause });
  }
}
