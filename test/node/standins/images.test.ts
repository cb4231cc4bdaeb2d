import { describe, expect, it } from 'vitest';
import { runOf } from '../../../src/node/pod/container-plan.ts';
import { appletsOf, imageName, resolveImage } from '../../../src/node/standins/images.ts';

describe('imageName', () => {
  it.each([
    ['nginx', 'nginx'],
    ['nginx:1.27-alpine', 'nginx'],
    ['docker.io/library/NGINX:latest', 'nginx'],
    ['registry:5000/team/web', 'web'],
    ['registry.k8s.io/e2e-test-images/agnhost:2.53@sha256:abc', 'agnhost'],
    ['gcr.io/google_containers/serve_hostname', 'serve_hostname'],
    ['', ''],
  ])('%s → %s', (reference, expected) => {
    expect(imageName(reference)).toBe(expected);
  });
});

describe('resolveImage', () => {
  it('takes what the table has not for a web server', () => {
    expect(resolveImage('example.com/unheard:1')).toEqual({ behaviour: { standIn: 'web', ports: [80] }, known: false });
    expect(resolveImage('constructor').known).toBe(false);
    expect(resolveImage('nginx').known).toBe(true);
  });
});

describe('appletsOf', () => {
  it.each([
    ['busybox', 'new'],
    ['busybox:latest', 'new'],
    ['busybox:1.28.4', 'old'],
    ['busybox:1.28', 'old'],
    ['docker.io/library/busybox:1.27.2-glibc@sha256:abc', 'old'],
    ['busybox:1.29', 'new'],
    ['busybox:1.36.1', 'new'],
    ['busybox:stable', 'new'],
    ['gcr.io/google-containers/busybox', 'old'],
    ['gcr.io/google_containers/busybox:1.24', 'old'],
    ['k8s.gcr.io/busybox', 'old'],
    ['registry.k8s.io/e2e-test-images/busybox:1.29-4', 'new'],
    ['registry:5000/busybox', 'new'],
    ['alpine:3.8', 'new'],
    ['debian', undefined],
    ['nginx', undefined],
  ])('%s: %s', (reference, expected) => {
    expect(appletsOf(reference)).toBe(expected);
  });
});

describe('runOf', () => {
  const env = { PORT: '8080' };
  it.each([
    ['a stand-in', { image: 'nginx' }, { standIn: 'web', args: [] }],
    [
      'args alone go to the stand-in',
      { image: 'agnhost', args: ['netexec', '--http-port=$(PORT)'] },
      { standIn: 'agnhost', args: ['netexec', '--http-port=8080'] },
    ],
    [
      'a command is a program of the host',
      { image: 'nginx', command: ['sh', '-c', '$(PORT)'], args: ['x'] },
      { argv: ['sh', '-c', '8080', 'x'] },
    ],
    [
      "agnhost's own command is its stand-in",
      { image: 'agnhost', command: ['/agnhost', 'netexec'], args: ['--udp-port=1'] },
      { standIn: 'agnhost', args: ['netexec', '--udp-port=1'] },
    ],
    ['and a program elsewhere', { image: 'nginx', command: ['/agnhost'] }, { argv: ['/agnhost'] }],
    ['a shell image runs its shell', { image: 'busybox:1.28.4' }, { argv: ['sh'] }],
    ['or what args say', { image: 'alpine', args: ['sleep', '60'] }, { argv: ['sleep', '60'] }],
  ])('%s', (_title, container, expected) => {
    expect(runOf(container, env)).toEqual(expected);
  });
});
