/**
 * Sessions with every command the sources and features B5, B6 name, as a user sees them with Debian 12's kubectl and a
 * newer one: transcripts in `golden/kubectl-VERSION/`, renewed by `vitest -u`. One lab for both, a namespace for each.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTLS } from '../api/kubectl-fixture.ts';
import { eventually } from '../scratch.ts';
import { RecordedSession } from './recorded-session.ts';
import { kubectl, sharedLab } from './shared-lab.ts';

/** Transcripts are of these: words differ from version to version. */
const VERSIONS = ['1.20', '1.33'];

const lab = sharedLab();

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: nginx, image: "nginx:1.27", ports: [{containerPort: 8080}]}]}
`;
const SHELL = `apiVersion: v1
kind: Pod
metadata: {name: shell, labels: {app: shell}}
spec:
  nodeName: node-1
  terminationGracePeriodSeconds: 0
  containers:
  - {name: main, image: "busybox:1.36", command: [sh, -c, "echo begun; sleep infinity"]}
`;

/** An editor that writes what it is given in place of a value. */
const editor = (script: string) => ({ EDITOR: `sed -i ${script}`, KUBE_EDITOR: `sed -i ${script}` });

const available = KUBECTLS.filter(({ version }) => VERSIONS.includes(version));
const missing = VERSIONS.filter((version) => !available.some((kubectl) => kubectl.version === version));
const sessions: RecordedSession[] = [];

beforeAll(async () => {
  for (const each of available) {
    const namespace = `user-${each.minor}`;
    await kubectl(lab(), ['create', 'namespace', namespace]);
    const session = new RecordedSession(each, lab().kubeconfig, namespace);
    sessions.push(session);
    session.file('service.yaml', SERVICE);
    session.file('deployment.yaml', DEPLOYMENT);
    session.file('shell.yaml', SHELL);
    await session.quietly('apply -f shell.yaml');
    await session.quietly('wait --for=condition=Ready pod/shell --timeout=30s');
  }
});
afterAll(() => {
  for (const session of sessions) session.end();
});

/** The users do the same at the same time. */
const each = (journey: (session: RecordedSession) => Promise<void>) => Promise.all(sessions.map(journey));

const golden = (session: RecordedSession, name: string) =>
  expect(session.transcript()).toMatchFileSnapshot(
    join(import.meta.dirname, 'golden', `kubectl-${session.version}`, `${name}.txt`),
  );

for (const version of missing) it.skip(`kubectl ${version} is not on the PATH`, () => undefined);

describe.skipIf(available.length === 0)('kubectl', () => {
  it('apply', () =>
    each(async (session) => {
      await session.run('apply -f service.yaml');
      await session.run('apply -f service.yaml');
      session.file('service.yaml', SERVICE.replace('port: 80,', 'port: 81,'));
      // The older one shows when the fields' managers last wrote, which is another second or not.
      if (session.version !== '1.20') await session.run('diff -f service.yaml');
      await session.run('apply -f service.yaml --dry-run=server');
      await session.run('apply -f service.yaml');
      session.file('typo.yaml', SERVICE.replace('selector:', 'selectors:'));
      await session.run('apply -f typo.yaml');
      session.file('string.yaml', SERVICE.replace('port: 80,', 'port: eighty,'));
      await session.run('apply -f string.yaml');
      await session.run('delete -f service.yaml');
      await golden(session, 'apply');
    }));

  it('apply --server-side', () =>
    each(async (session) => {
      session.file('service.yaml', SERVICE);
      await session.run('apply --server-side -f service.yaml');
      await session.run('apply --server-side -f service.yaml');
      session.file('service.yaml', SERVICE.replace('port: 80,', 'port: 80, protocol: TCP,').replace('8080', '9090'));
      await session.run('apply --server-side --field-manager=other -f service.yaml');
      await session.run('apply --server-side --field-manager=other --force-conflicts -f service.yaml');
      await session.run(`get service web -o yaml${session.version === '1.20' ? '' : ' --show-managed-fields'}`);
      await session.quietly('delete -f service.yaml');
      session.file('service.yaml', SERVICE);
      await golden(session, 'apply-server-side');
    }));

  it('edit, patch, label, annotate, set, scale', () =>
    each(async (session) => {
      await session.quietly('apply -f service.yaml');
      await session.quietly('apply -f deployment.yaml');
      await session.run('edit service web', { env: editor('s/8080/8081/') });
      await session.run('edit service web', { env: editor('s/nothing/else/') });
      await session.run(`patch service web -p '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}'`);
      await session.run(`patch service web -p '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}'`);
      await session.run(`patch service web --type=merge -p '{"spec":{"type":"NodePort"}}'`);
      await session.run(`patch service web --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'`);
      await session.run(
        `patch service web --type=json -p '[{"op":"replace","path":"/spec/type","value":"ClusterIP"}]'`,
      );
      await session.run(`patch service web -p '{"spec":{"clusterIP":"10.96.0.1"}}'`);
      await session.run('label service web team=red');
      await session.run('label service web team=blue');
      await session.run('label service web team=blue --overwrite');
      await session.run('annotate service web note=here');
      await session.run('annotate service web note-');
      await session.run('scale deployment web --replicas=3');
      await session.run('scale deployment web --replicas=2 --current-replicas=5');
      await session.run('set image deployment/web nginx=nginx:1.28');
      await session.run('get service web -o jsonpath={.spec.ports}');
      await golden(session, 'edit-patch');
    }));

  it('rollout', () =>
    each(async (session) => {
      await session.quietly('rollout status deployment/web');
      await session.run('rollout history deployment/web');
      await session.run('rollout undo deployment/web');
      await session.runUntil('rollout status deployment/web --watch=false', /successfully/);
      await session.run('rollout history deployment/web --revision=3');
      await session.run('rollout pause deployment/web');
      await session.run('rollout resume deployment/web');
      await session.run('rollout restart deployment/web');
      await session.quietly('rollout status deployment/web');
      await session.run('rollout undo deployment/web --to-revision=9');
      await golden(session, 'rollout');
    }));

  it('create, expose, get, delete', () =>
    each(async (session) => {
      await session.run('create deployment nginxv1 --image=nginx');
      await session.run('expose deployment nginxv1 --port=8081 --target-port=80 --type=LoadBalancer');
      await session.run('create service nodeport chosen --tcp=80:8080');
      await session.run('create configmap settings --from-literal=a=1');
      await session.run('create secret generic hidden --from-literal=b=2');
      await session.run('create deployment nginxv1 --image=nginx');
      await session.quietly('wait --for=condition=Available deployment/nginxv1');
      await session.run('get svc chosen web');
      await session.run('get service chosen -o wide');
      await session.runUntil('get endpoints nginxv1', /:80/);
      await session.run('get pods -l app=nginxv1');
      await session.run('get deploy,rs -l app=nginxv1');
      await session.run('get service nobody');
      await session.run('get nonsense');
      await session.run('delete deployment/nginxv1 service/nginxv1 service/chosen configmap/settings secret/hidden');
      await golden(session, 'create-expose');
    }));

  it('run', () =>
    each(async (session) => {
      const line = `run -it --rm --restart=Never busybox --image=busybox -- sh -c 'read line; echo heard $line'`;
      const terminal = session.terminal(line);
      await terminal.typeUntil('hello', /heard hello/);
      expect(await terminal.exitCode).toBe(0);
      session.writeTerminal(line, terminal, 'hello');
      await session.run('get pod busybox');
      await session.run('run once -i --rm --restart=Never --image=busybox -- cat', { input: 'said\n' });
      await session.run('run single --image=nginx --port=80 --expose');
      await session.run('run single --image=nginx');
      await session.run('delete pod/single service/single --now');
      await golden(session, 'run');
    }));

  it('exec', () =>
    each(async (session) => {
      const line = `exec -it shell -- sh -c 'test -t 0 && echo a terminal; read line; echo heard $line; exit 3'`;
      const terminal = session.terminal(line);
      await terminal.typeUntil('hello', /heard hello/);
      expect(await terminal.exitCode).toBe(3);
      session.writeTerminal(line, terminal, 'hello');
      await session.run('exec shell -- hostname');
      await session.run('exec -i shell -- cat', { input: 'in and out\n' });
      await session.run(`exec shell -c main -- sh -c 'echo said; echo complained >&2; exit 7'`);
      await session.run('exec shell -c other -- true');
      await session.run('exec nobody -- true');
      await session.run('exec shell -- no-such-program');
      await golden(session, 'exec');
    }));

  it('cp', () =>
    each(async (session) => {
      session.file('here.txt', 'from here\n');
      await session.run('cp here.txt shell:/tmp/there.txt');
      await session.run('exec shell -- cat /tmp/there.txt');
      await session.run('cp shell:tmp/there.txt back.txt');
      expect(readFileSync(join(session.folder, 'back.txt'), 'utf8')).toBe('from here\n');
      await golden(session, 'cp');
    }));

  it('port-forward', () =>
    each(async (session) => {
      await session.quietly('apply -f service.yaml');
      await session.quietly('rollout status deployment/web');
      for (const target of ['service/web :http', 'deployment/web :8080']) {
        const line = `port-forward --address=127.0.0.1 ${target}`;
        const forward = session.start(line);
        try {
          const [, port] = await eventually(() => /127\.0\.0\.1:(\d+)/.exec(forward.said()), 20_000);
          expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('pod: web-');
          await eventually(() => /Handling connection/.test(forward.said()));
        } finally {
          await forward.stop();
        }
        session.write(line, forward.said());
      }
      await session.run('port-forward service/web :81');
      await golden(session, 'port-forward');
    }));

  it('proxy', () =>
    each(async (session) => {
      const line = 'proxy --port=0';
      const proxy = session.start(line);
      try {
        const [, port] = await eventually(() => /127\.0\.0\.1:(\d+)/.exec(proxy.said()), 20_000);
        const service = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default/services/kubernetes`);
        expect(await service.json()).toMatchObject({ kind: 'Service' });
      } finally {
        await proxy.stop();
      }
      session.write(line, proxy.said());
      await golden(session, 'proxy');
    }));

  it('explain', () =>
    each(async (session) => {
      for (const path of [
        'service',
        'service.spec',
        'service.spec.ports',
        'deployment.spec.strategy.rollingUpdate.maxSurge',
      ])
        await session.run(`explain ${path}`);
      await session.run('explain service.spec.nothing');
      await golden(session, 'explain');
    }));

  it('wait', () =>
    each(async (session) => {
      await session.run('wait --for=condition=Ready pod/shell --timeout=30s');
      await session.run('wait --for=condition=Available deployment/web --timeout=30s');
      await session.run('wait --for=condition=Nothing pod/shell --timeout=1s');
      await session.run('wait --for=condition=Ready pod/nobody --timeout=1s');
      await session.quietly('create configmap brief');
      await session.quietly('delete configmap brief');
      await session.run('wait --for=delete configmap/brief --timeout=30s');
      await golden(session, 'wait');
    }));

  it('get -w', () =>
    each(async (session) => {
      await session.quietly('create configmap watched --from-literal=a=1');
      const line = 'get configmap watched -w --no-headers';
      const watch = session.start(line);
      const lines = (count: number) => eventually(() => watch.said().split('\n').length > count, 20_000);
      try {
        await lines(1);
        await session.quietly(`patch configmap watched -p '{"data":{"b":"2"}}'`);
        await lines(2);
        await session.quietly('delete configmap watched');
        await lines(3);
      } finally {
        await watch.stop();
      }
      session.write(line, watch.said());
      await golden(session, 'get-watch');
    }));

  it('describe', () =>
    each(async (session) => {
      await session.runUntil('describe pod shell', /Started/);
      await session.quietly('create deployment described --image=nginx');
      await session.quietly('expose deployment described --port=80');
      await session.quietly('rollout status deployment/described');
      await session.runUntil('describe service described', /Endpoints:\s+\S+:80/);
      await session.runUntil('describe deployment described', /Scaled up/);
      await golden(session, 'describe');
    }));

  it('events', () =>
    each(async (session) => {
      await session.runUntil(
        'get events --field-selector involvedObject.name=shell,involvedObject.kind=Pod',
        /Started/,
      );
      if (session.version !== '1.20') await session.run('events --for pod/shell');
      await golden(session, 'events');
    }));

  it('logs', () =>
    each(async (session) => {
      await session.run('logs shell');
      await session.run('logs shell -c main --tail=0');
      await session.run('logs shell --since=1h --timestamps=false');
      await session.run('logs shell --previous');
      await session.run('logs shell -c other');
      await session.run('logs nobody');
      session.file('again.yaml', SHELL.replace('name: shell', 'name: again').replace('sleep infinity', 'exit 1'));
      await session.quietly('apply -f again.yaml');
      await eventually(async () => {
        const count = await session.quietly('get pod again -o jsonpath={.status.containerStatuses[0].restartCount}');
        return Number(count) > 0;
      }, 20_000);
      await session.run('logs again --previous');
      await session.run('logs again -f --tail=1');
      await session.quietly('delete pod again --now');
      await golden(session, 'logs');
    }));
});
