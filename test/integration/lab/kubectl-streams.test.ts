/** kubectl's streams in a whole lab: into a confined pod, out of a stand-in's network, through the control plane. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LinuxKernel } from '../../../src/kernel/linux-kernel.ts';
import type { LabHandle } from '../../../src/lab/lab-handle.ts';
import { KUBECTLS } from '../api/kubectl-fixture.ts';
import { TerminalSession } from '../api/stream-clients.ts';
import { eventually } from '../scratch.ts';
import { withLab } from './fixture.ts';

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: echoing}
spec:
  containers:
  - {name: main, image: busybox, stdin: true, command: [sh, -c, 'while read line; do echo got $line; done']}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: main, image: nginx, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;

/** The oldest kubectl there is (SPDY) and the newest (WebSocket). */
const EXTREMES = [...new Set([KUBECTLS[0], KUBECTLS.at(-1)])].filter((kubectl) => kubectl !== undefined);
const kernel = new LinuxKernel();

describe("kubectl's streams in a lab", { timeout: 180_000 }, () => {
  it('reach pods, whatever the age of kubectl', async () => {
    await withLab({ nodes: 2 }, async (lab) => {
      expect(await lab.kubectl(['apply', '-f', '-'], MANIFEST)).toMatchObject({ exitCode: 0 });
      const waited = await lab.kubectl(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s']);
      expect(waited).toMatchObject({ exitCode: 0 });
      for (const { version, program } of EXTREMES) await tryAll(lab, version, program);
    });
  });
});

async function tryAll(lab: LabHandle, version: string, program: string): Promise<void> {
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', KUBECONFIG: lab.kubeconfig, TERM: 'xterm' };
  const folder = mkdtempSync(join(tmpdir(), 'lab-streams-'));
  const kubectl = (...args: string[]) => kernel.read('', ['env', `KUBECONFIG=${lab.kubeconfig}`, program, ...args]);
  try {
    const exec = await kubectl('exec', 'shell', '--', 'sh', '-c', 'hostname; exit 5');
    expect([version, exec.stdout, exec.exitCode]).toEqual([version, 'shell\n', 5]);

    const terminal = new TerminalSession(kernel, [program, 'exec', '-it', 'shell', '--', 'sh'], env);
    await terminal.typeUntil('stty size', /\b31 101\b/);
    terminal.resize(120, 40);
    await terminal.typeUntil('stty size', /\b40 120\b/);
    terminal.type('exit 3\n');
    expect([version, await terminal.exitCode]).toEqual([version, 3]);

    const [here, back] = [join(folder, 'here'), join(folder, 'back')];
    const content = randomBytes(20_000_000);
    writeFileSync(here, content);
    expect(await kubectl('cp', here, 'shell:/tmp/there')).toMatchObject({ exitCode: 0 });
    expect(await kubectl('cp', 'shell:/tmp/there', back)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(back).equals(content)).toBe(true);

    const attached = kernel.spawn('', ['env', `KUBECONFIG=${lab.kubeconfig}`, program, 'attach', '-i', 'echoing']);
    try {
      let heard = '';
      attached.stdout!.on('data', (chunk: Buffer) => {
        heard += chunk;
      });
      attached.stdin!.write(`from ${version}\n`);
      await eventually(() => heard.includes(`got from ${version}`));
    } finally {
      attached.kill('SIGKILL');
      await attached.exited;
    }

    const forward = kernel.spawn('', [
      'env',
      `KUBECONFIG=${lab.kubeconfig}`,
      program,
      'port-forward',
      'svc/web',
      ':80',
    ]);
    try {
      let said = '';
      forward.stdout!.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      const [, port] = await eventually(() => /127\.0\.0\.1:(\d+)/.exec(said));
      expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('pod: web');
    } finally {
      forward.kill('SIGKILL');
      await forward.exited;
    }

    // The endpoint is known a moment after the pod is ready.
    await eventually(async () => {
      const through = await kubectl('get', '--raw', '/api/v1/namespaces/default/services/web:http/proxy/');
      return through.stdout.includes('pod: web');
    });
    expect((await kubectl('get', '--raw', '/api/v1/nodes/node-1:10256/proxy/healthz')).exitCode).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
