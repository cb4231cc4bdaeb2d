/** What is asked of the kube-proxies of a running lab, on nodes that are not as they should be. */
import { describe, expect, it } from 'vitest';
import type { NodeProxy } from '../../../src/lab/daemon/node-proxy.ts';
import { runKubeProxy } from '../../../src/lab/daemon/run-kube-proxy.ts';
import type { RunningNode } from '../../../src/lab/daemon/start-nodes.ts';
import { switchProxyMode } from '../../../src/lab/daemon/switch-proxy-mode.ts';
import type { Recorder, RecordLine } from '../../../src/lab/record.ts';

function node(name: string, proxy: Partial<NodeProxy>): RunningNode {
  return { plan: { name }, proxy: { isStopped: false, mode: 'iptables', scheduler: 'rr', ...proxy } } as RunningNode;
}

function recorder() {
  const lines: RecordLine[] = [];
  return { lines, write: (more: readonly RecordLine[]) => void lines.push(...more) } as unknown as Recorder & {
    lines: RecordLine[];
  };
}

describe('kube-proxy', () => {
  it('is waited for no longer than is told, and named', async () => {
    const nodes = [
      node('node-1', { startAgain: async () => undefined }),
      node('node-2', { isStopped: true, startAgain: () => new Promise(() => undefined) }),
    ];
    await expect(runKubeProxy(nodes, { is: 'running' }, 20)).rejects.toMatchObject({
      message: 'kube-proxy is not yet running on node-2',
      why: expect.stringContaining('the node may not reach the API'),
    });
    expect(await runKubeProxy(nodes, { is: 'running', node: 'node-1' }, 20)).toEqual(['node-1']);
  });
});

describe('a change of mode', () => {
  it('is refused where a kube-proxy is stopped, before anything is changed on the others', async () => {
    const switched: string[] = [];
    const change = (name: string) => async (mode: string) => {
      switched.push(`${name} ${mode}`);
      return { mode: 'nftables' as const };
    };
    const nodes = [
      node('node-1', { switchMode: change('node-1') }),
      node('node-2', { switchMode: change('node-2'), isStopped: true }),
    ];
    const record = recorder();
    await expect(switchProxyMode(nodes, { mode: 'iptables' }, record)).rejects.toMatchObject({
      message: 'kube-proxy cannot change to mode iptables on node-2',
      remedy: expect.stringContaining('podwire kube-proxy start --node node-2'),
    });
    expect([switched, record.lines]).toEqual([[], []]);
    await switchProxyMode(nodes, { mode: 'iptables', node: 'node-1' }, record);
    expect(switched).toEqual(['node-1 iptables']);
  });

  it('records the scheduler that stands when it names none, and what stands when it fails', async () => {
    const record = recorder();
    const nodes = [
      node('node-1', { mode: 'ipvs', scheduler: 'lc', switchMode: () => Promise.reject(new Error('no space')) }),
    ];
    await expect(switchProxyMode(nodes, { mode: 'iptables' }, record)).rejects.toMatchObject({ why: 'no space' });
    expect(record.lines).toEqual([
      { made: 'proxy-mode', node: 'node-1', mode: 'iptables', scheduler: 'lc' },
      { made: 'proxy-mode', node: 'node-1', mode: 'ipvs', scheduler: 'lc' },
    ]);
  });
});
