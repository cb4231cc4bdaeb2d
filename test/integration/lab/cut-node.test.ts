/** A node whose link is cut: its Ready becomes Unknown, its pods leave the endpoints and are replaced; all comes back with the link. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { eventually } from '../node/lab-node.ts';
import { withLab } from './fixture.ts';

const LAB = `apiVersion: podwire.dev/v1alpha1
kind: Lab
kubelet: {nodeLeaseDurationSeconds: 4}
controllerManager: {nodeMonitorGracePeriodSeconds: 6}
`;

/** `stays` waits for its node; `moves` is replaced after a second. */
const deployment = (name: string, tolerationSeconds: number) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: 4
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers: [{name: nginx, image: nginx}]
      tolerations:
      - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: ${tolerationSeconds}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
---
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'podwire-cut-'));
  writeFileSync(join(directory, 'lab.yaml'), LAB);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** kubectl's standard output. */
async function kubectl(lab: LabHandle, args: readonly string[], stdin?: string): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.kubectl(args, stdin);
  expect({ args, exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ args, exitCode: 0, stderr: '' });
  return stdout;
}

interface Slice {
  readonly endpoints?: readonly { readonly nodeName: string; readonly conditions: { readonly ready: boolean } }[];
}

/** How many endpoints of the Service are ready, by node. */
async function readyEndpoints(lab: LabHandle, service: string): Promise<Record<string, number>> {
  const selector = `kubernetes.io/service-name=${service}`;
  const text = await kubectl(lab, ['get', 'endpointslices', '-l', selector, '-o', 'json']);
  const counts: Record<string, number> = {};
  for (const { endpoints } of (JSON.parse(text) as { items: Slice[] }).items) {
    for (const { nodeName, conditions } of endpoints ?? []) {
      if (conditions.ready) counts[nodeName] = (counts[nodeName] ?? 0) + 1;
    }
  }
  return counts;
}

const nodeReady = (lab: LabHandle) =>
  kubectl(lab, ['get', 'node', 'node-1', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}']);
const taints = (lab: LabHandle) => kubectl(lab, ['get', 'node', 'node-1', '-o', 'jsonpath={.spec.taints[*].key}']);

describe('a node that is cut off', { timeout: 180_000 }, () => {
  it('is Unknown, loses its endpoints, is evicted from; and everything returns with its link', async () => {
    await withLab({ file: join(directory, 'lab.yaml') }, async (lab) => {
      await kubectl(lab, ['apply', '-f', '-'], deployment('stays', 600) + deployment('moves', 1));
      for (const name of ['stays', 'moves'])
        await kubectl(lab, ['wait', '--for=condition=Available', `deploy/${name}`, '--timeout=30s']);
      const both = { 'node-1': 2, 'node-2': 2 };
      await eventually(async () => {
        expect(await readyEndpoints(lab, 'stays')).toEqual(both);
        return true;
      });
      const before = await kubectl(lab, ['get', 'pods', '-l', 'app=stays', '-o', 'name']);

      await lab.changeLink('node-1', { action: 'cut' });
      await eventually(async () => (await nodeReady(lab)) === 'Unknown', 30_000);
      await eventually(async () => {
        expect(await readyEndpoints(lab, 'stays')).toEqual({ 'node-2': 2 });
        return true;
      }, 10_000);
      await eventually(async () => (await taints(lab)).includes('node.kubernetes.io/unreachable'), 10_000);
      await eventually(async () => {
        expect(await readyEndpoints(lab, 'moves')).toEqual({ 'node-2': 4 });
        return true;
      }, 20_000);
      const events = await kubectl(lab, ['get', 'events', '-A']);
      expect(events).toContain('Node node-1 status is now: NodeNotReady');
      expect(events).toContain('Node is not ready');
      expect(events).toMatch(/TaintManagerEviction\s+pod\/moves-\S+\s+Marking for deletion Pod default\/moves-/);
      // Nobody can tell whether the pods of a cut node have ended: they stay, in deletion.
      expect(await kubectl(lab, ['get', 'pods', '-l', 'app=moves'])).toContain('Terminating');

      await lab.changeLink('node-1', { action: 'heal' });
      await eventually(async () => (await nodeReady(lab)) === 'True', 60_000);
      await eventually(async () => {
        expect(await readyEndpoints(lab, 'stays')).toEqual(both);
        return true;
      }, 60_000);
      await eventually(async () => (await taints(lab)) === '', 10_000);
      await eventually(
        async () => !(await kubectl(lab, ['get', 'pods', '-l', 'app=moves'])).includes('Terminating'),
        60_000,
      );
      // The same pods: nothing was restarted, they only could not be heard of.
      expect(await kubectl(lab, ['get', 'pods', '-l', 'app=stays', '-o', 'name'])).toBe(before);
      await lab.programmed();
      const ip = await kubectl(lab, ['get', 'service', 'stays', '-o', 'jsonpath={.spec.clusterIP}']);
      const loop = `for i in $(seq 40); do curl -s -m 5 http://${ip}/; done`;
      const { stdout } = await lab.exec('node-1', ['sh', '-c', loop], { timeoutMs: 60_000 });
      expect(new Set(stdout.match(/^pod: \S+/gm)).size).toBe(4);
    });
  });
});
