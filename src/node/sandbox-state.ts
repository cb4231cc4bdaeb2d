/** What the kernel knows of a lab's pods, asked within their namespaces: no process per pod that is in order. */
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Kernel, Netns } from '../kernel/kernel.ts';
import { KernelError } from '../kernel/kernel-error.ts';

/** What a device gives itself. */
const LINK_LOCAL = /^fe[89ab]/i;

/** The lab's pod namespaces (three parts or more) with the addresses of their eth0. Those without one are left out. */
export async function sandboxAddresses(kernel: Kernel, lab: string): Promise<Map<Netns, string[]>> {
  const addresses = new Map<Netns, string[]>();
  for (const name of namespaceNames()) {
    if (!name.startsWith(`${lab}.`) || name.split('.').length < 3) continue;
    const found = addressesOf(kernel, name) ?? (await addressesWhenDown(kernel, name));
    if (found !== undefined && found.length > 0) addresses.set(name, found);
  }
  return addresses;
}

/** Of a device that is down the system call says nothing; `ip` asks the kernel otherwise. */
async function addressesWhenDown(kernel: Kernel, netns: Netns): Promise<string[] | undefined> {
  try {
    const argv = ['ip', '-json', 'address', 'show', 'dev', 'eth0', 'scope', 'global'] as const;
    const { stdout, exitCode } = await kernel.read(netns, argv);
    if (exitCode !== 0) return undefined;
    const [link] = JSON.parse(stdout) as { addr_info?: { local?: string }[] }[];
    return link?.addr_info?.flatMap(({ local }) => local ?? []);
  } catch (error) {
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

function addressesOf(kernel: Kernel, netns: Netns): string[] | undefined {
  try {
    const all = kernel.within(netns, () => networkInterfaces().eth0);
    return all?.map(({ address }) => address).filter((address) => !LINK_LOCAL.test(address));
  } catch (error) {
    // Gone meanwhile, or the file of a namespace whose making was interrupted: no sandbox.
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

/** The names of a namespace's devices. */
export function devicesOf(kernel: Kernel, netns: Netns): Set<string> {
  const text = kernel.within(netns, () => readFileSync('/proc/thread-self/net/dev', 'utf8'));
  return new Set([...text.matchAll(/^\s*(\S+):/gm)].map((match) => match[1]!));
}

function namespaceNames(): string[] {
  try {
    return readdirSync('/run/netns');
  } catch (error) {
    // The folder comes with the machine's first named namespace.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
