/** A lab in IPv6 alone: everything works without one IPv4 address, and is taken over by a new daemon as any other. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kernelHasIpv6 } from '../../../src/kernel/ipv6.ts';
import { isRunning, signalProcess } from '../../../src/kernel/processes.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { connectLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { up } from '../../../src/lab/up.ts';
import { kubectl, ROOT, run } from '../journeys/shared-lab.ts';
import { eventually } from '../scratch.ts';
import { withLab } from './fixture.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: nginx, readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: busybox, command: [sleep, infinity]}]}
`;

async function answers(lab: LabHandle, from: string, url: string): Promise<string> {
  return run(lab, from, 'curl', '-sS', '-g', '-m', '5', url);
}

async function killDaemon(lab: LabHandle): Promise<void> {
  const daemon = readRecord(stateDirectory(lab.name).record).processes.find(({ role }) => role === 'daemon')!;
  signalProcess(daemon, 'SIGKILL');
  await eventually(() => !isRunning(daemon));
}

describe.skipIf(!kernelHasIpv6())(
  'a lab in IPv6 alone (skipped where the kernel has no IPv6)',
  { timeout: 120_000 },
  () => {
    it('serves, resolves, probes and forwards without IPv4, and goes on behind a new daemon', async () => {
      await withLab({ file: join(ROOT, 'lab/ipv6.yaml'), nodes: 2 }, async (lab) => {
        await kubectl(lab, ['apply', '-f', '-'], WEB);
        await kubectl(lab, ['wait', '--for=condition=Available', 'deploy/web', '--timeout=30s']);
        await kubectl(lab, ['wait', '--for=condition=Ready', 'pod/shell', '--timeout=30s']);
        await lab.programmed();
        const { nodes, pods, services } = await lab.snapshot();
        for (const { netns } of [...nodes, ...pods]) {
          const { stdout } = await lab.kernel.read(netns, ['ip', '-4', '-o', 'address', 'show', 'scope', 'global']);
          expect({ netns, stdout }).toEqual({ netns, stdout: '' });
        }
        expect(services.find(({ name }) => name === 'web')?.clusterIPs).toEqual([
          expect.stringMatching(/^fd00:10:96::/),
        ]);
        const page = /^pod: web-\S+\n(.*\n)*address: \[fd00:10:244:1::[0-9a-f]+\]:80\nclient: \[fd00:/m;
        expect(await answers(lab, 'shell', 'http://web/')).toMatch(page);
        expect(await answers(lab, 'client', 'http://[fd00:192:168:1::10]:30080/')).toMatch(page);
        const lookup = await lab.exec('shell', ['nslookup', 'web.default.svc.cluster.local']);
        expect(lookup.stdout).toMatch(/Server:\s+fd00:10:96::a/);
        const token = '/var/run/secrets/kubernetes.io/serviceaccount';
        const api = `curl -sS --cacert ${token}/ca.crt https://kubernetes.default.svc/version`;
        expect(await kubectl(lab, ['exec', 'shell', '--', 'sh', '-c', api])).toContain('"major": "1"');
        expect(await kubectl(lab, ['get', '--raw', '/api/v1/namespaces/default/services/web/proxy/'])).toMatch(
          /^pod: web-/,
        );
        expect(
          (await lab.kubectl(['apply', '-f', '-'], WEB.replace('PreferDualStack', 'RequireDualStack'))).stderr,
        ).toContain(
          'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
        );

        await killDaemon(lab);
        await lab.kernel.read(nodes[1]!.netns, ['ip', 'link', 'delete', 'flannel-v6.1']);
        await lab.kernel.read(nodes[1]!.netns, ['ip', '-6', 'address', 'flush', 'dev', 'cni0', 'scope', 'global']);
        await up({ name: lab.name }, () => undefined);
        const again = await connectLab(lab.name);
        try {
          await again.programmed();
          expect((await again.snapshot()).pods.map(({ ip }) => ip)).toEqual(pods.map(({ ip }) => ip));
          expect(await answers(again, 'shell', 'http://web/')).toMatch(page);
          expect(await answers(again, 'client', 'http://[fd00:192:168:1::10]:30080/')).toMatch(page);
        } finally {
          again.close();
        }
      });
    });
  },
);
