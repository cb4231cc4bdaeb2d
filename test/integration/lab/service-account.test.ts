/** The API from inside: a pod reaches `kubernetes.default.svc` with its own certificate and token, and may do what Kubernetes lets it. */
import { describe, expect, it } from 'vitest';
import { eventually } from '../node/lab-node.ts';
import { withLab } from './fixture.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: shell, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: without}
spec: {automountServiceAccountToken: false, containers: [{name: shell, image: busybox, command: [sleep, infinity]}]}
`;
const PLACE = '/var/run/secrets/kubernetes.io/serviceaccount';
const curl = (path: string) =>
  `curl -sS --max-time 10 --cacert ${PLACE}/ca.crt -H "Authorization: Bearer $(cat ${PLACE}/token)" https://kubernetes.default.svc${path}`;

describe('the API from inside', { timeout: 120_000 }, () => {
  it('answers a pod with its token and certificate', async () => {
    await withLab({ nodes: 2 }, async (lab) => {
      const applied = await lab.kubectl(['apply', '-f', '-'], POD);
      expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
      const waited = await lab.kubectl(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=30s']);
      expect(waited).toMatchObject({ exitCode: 0 });
      const sh = (pod: string, script: string) => lab.exec(pod, ['sh', '-c', script]);

      await eventually(async () => {
        expect(JSON.parse((await sh('shell', curl('/api'))).stdout)).toMatchObject({ kind: 'APIVersions' });
        return true;
      });
      // A stand-in's pod has them too, for those who look.
      expect(JSON.parse((await sh('web', curl('/version'))).stdout)).toMatchObject({ gitVersion: 'v1.36.0' });
      expect((await sh('shell', `cat ${PLACE}/namespace`)).stdout).toBe('default');
      const pods = JSON.parse((await sh('shell', curl('/api/v1/namespaces/default/pods'))).stdout);
      expect(pods).toMatchObject({ code: 403, reason: 'Forbidden' });
      expect((await sh('shell', `echo x >${PLACE}/token`)).stderr).toContain('Read-only file system');
      expect((await sh('without', `ls ${PLACE}`)).exitCode).not.toBe(0);

      const token = await lab.kubectl(['create', 'token', 'default']);
      expect(token).toMatchObject({ exitCode: 0 });
      expect(token.stdout.trim().split('.')).toHaveLength(3);
      const may = await lab.kubectl(['auth', 'can-i', 'list', 'pods']);
      expect(may.stdout).toContain('yes');
    });
  });
});
