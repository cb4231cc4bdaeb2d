import { describe, expect, it } from 'vitest';
import { runOf } from '../../../src/node/pod/container-plan.ts';
import { imageName, resolveImage } from '../../../src/node/standins/images.ts';

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
