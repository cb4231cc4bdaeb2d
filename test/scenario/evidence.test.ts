import { describe, expect, it } from 'vitest';
import type { LabSnapshot } from '../../src/lab/lab-snapshot.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../src/objects/resource.ts';
import { collectEvidence } from '../../src/scenario/evidence/collect-evidence.ts';
import type { StepContext } from '../../src/scenario/step-context.ts';
import { type FakeLab, fakeLab, keyOf } from './fake-lab.ts';

const SERVICE = {
  namespace: 'a',
  name: 'web',
  type: 'ClusterIP',
  clusterIP: '10.96.0.5',
  clusterIPs: ['10.96.0.5'],
  ports: ['80/TCP'],
  endpoints: ['10.244.1.2:80'],
};

const SAVE = `*nat
-A KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m comment --comment "a/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-X
-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "other/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-Y
COMMIT
`;
const ENTRIES = `tcp      6 117 TIME_WAIT src=10.244.1.9 dst=10.96.0.5 sport=3 dport=80 src=10.244.1.2 dst=10.244.1.9 sport=80 dport=3 [ASSURED] mark=0 use=1
tcp      6 117 TIME_WAIT src=10.244.1.9 dst=10.96.0.9 sport=3 dport=80 src=10.244.1.3 dst=10.244.1.9 sport=80 dport=3 [ASSURED] mark=0 use=1
`;

/** A lab with a Service of the scenario and one of others; programs answer from a table. */
function contextOf(lab: FakeLab, answers: Readonly<Record<string, string>>): StepContext {
  const service = (namespace: string, clusterIP: string) => ({
    metadata: { namespace, name: 'web' },
    spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' }] },
  });
  lab.objects.set(keyOf(SERVICES, { namespace: 'a', name: 'web' }), service('a', '10.96.0.5'));
  lab.objects.set(keyOf(SERVICES, { namespace: 'other', name: 'web' }), service('other', '10.96.0.9'));
  lab.objects.set(keyOf(ENDPOINT_SLICES, { namespace: 'a', name: 'web-1' }), {
    metadata: { namespace: 'a', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ port: 80, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true } }],
  } as never);
  const read = async (_: string, [program]: readonly string[]) => {
    const stdout = answers[program!];
    if (stdout === undefined) throw new Error(`${program} is not installed`);
    return { stdout, stderr: '', exitCode: 0 };
  };
  return {
    lab: Object.assign(lab, { kernel: { ...lab.kernel, read } }),
    namespace: 'a',
    file: 'a.yaml',
    signal: new AbortController().signal,
    outside: [],
    undo: [],
    snapshot: () => lab.snapshot(),
  } as unknown as StepContext;
}

const snapshot: Partial<LabSnapshot> = {
  services: [SERVICE, { ...SERVICE, namespace: 'other', clusterIP: '10.96.0.9' }],
};

describe('collectEvidence', () => {
  it('has the rules, the connections and the kube-proxies of the scenario’s own Services', async () => {
    const lab = fakeLab({ snapshot, kubectl: () => ({ stdout: 'NAME\n' }) });
    const context = contextOf(lab, {
      'iptables-save': SAVE,
      conntrack: ENTRIES,
      curl: '{"lastUpdated": "now"} (200)',
    });
    const evidence = new Map((await collectEvidence(context)).map(({ title, text }) => [title, text]));
    expect(evidence.get('rules of these Services, on each node')).toBe(
      `control-plane (iptables), node-1 (iptables), node-2 (iptables):\nnat KUBE-SERVICES\n  ${SAVE.split('\n')[1]}  # a/web`,
    );
    const entry = ENTRIES.split('\n')[0];
    expect(evidence.get('connections of these Services, as conntrack knows them')).toBe(
      ['control-plane', 'node-1', 'node-2'].map((node) => `${node}:\n  ${entry}`).join('\n'),
    );
    expect(evidence.get('kube-proxy on each node')).toContain(
      'node-1:\n  mode iptables, all programmed, sync 1\n  healthz: {"lastUpdated": "now"} (200)',
    );
  });

  it('says of what cannot be had why, and gives the rest', async () => {
    const lab = fakeLab({ snapshot, kubectl: () => ({ stdout: 'NAME\n' }) });
    const evidence = new Map(
      (await collectEvidence(contextOf(lab, { 'iptables-save': SAVE, curl: '' }))).map(({ title, text }) => [
        title,
        text,
      ]),
    );
    expect(evidence.get('connections of these Services, as conntrack knows them')).toBe(
      'could not be read: conntrack is not installed',
    );
    expect(evidence.get('pods')).toBe('NAME');
  });

  it('is of bounded length', async () => {
    const lab = fakeLab({ snapshot, kubectl: () => ({ stdout: 'NAME\n'.repeat(10_000) }) });
    const evidence = await collectEvidence(
      contextOf(lab, { 'iptables-save': SAVE, conntrack: ENTRIES.repeat(5000), curl: '' }),
    );
    for (const { text } of evidence) expect(text.split('\n').length).toBeLessThanOrEqual(151);
    expect(evidence.find(({ title }) => title === 'pods')!.text).toMatch(/… 9850 more lines$/);
  });
});
