import { describe, expect, it } from 'vitest';
import type { Transport } from '../../../src/objects/transport.ts';
import { listRules } from '../../../src/walk/rules/list-rules.ts';

const transport = { list: async () => ({ items: [], resourceVersion: '1' }) } as unknown as Transport;

function listing(read: (argv: readonly string[]) => Promise<string>, nodeIPs = ['192.168.1.11']) {
  return listRules({ nodeName: 'node-1', mode: 'nftables', nodeIPs, transport, read });
}

describe('listRules', () => {
  it('shows no rules where somebody has deleted kube-proxy’s table, and throws for every other failure', async () => {
    const failing = (message: string) => () => Promise.reject(new Error(message));
    expect(await listing(failing('nft list table ip kube-proxy on node-1: Error: No such file or directory'))).toEqual(
      [],
    );
    await expect(listing(failing('nft: Operation not permitted'))).rejects.toThrow('not permitted');
  });

  it('asks for all families at once', async () => {
    const asked: string[] = [];
    const waiting = Promise.withResolvers<string>();
    const sections = listing(
      (argv) => {
        asked.push(argv.join(' '));
        return waiting.promise;
      },
      ['192.168.1.11', 'fd00::11'],
    );
    await expect.poll(() => asked).toEqual(['nft list table ip kube-proxy', 'nft list table ip6 kube-proxy']);
    waiting.resolve('table ip kube-proxy {\n\tchain services {\n\t\treturn\n\t}\n}\n');
    expect((await sections).map(({ place }) => place)).toEqual(['ip kube-proxy services', 'ip kube-proxy services']);
  });
});
