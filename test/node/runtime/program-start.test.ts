import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { boundingSet, capabilitiesOf } from '../../../src/node/runtime/capabilities.ts';
import { execLaunch, initLaunch, startEnvironment } from '../../../src/node/runtime/program-start.ts';
import { START_SCRIPT } from '../../../src/node/runtime/scripts.ts';
import { startErrorOf } from '../../../src/node/runtime/start-error.ts';

const container = {
  env: { A: '1', 'B C': '$(id); `id` "\'\n' },
  capabilities: ['NET_RAW'],
  privileged: false,
  tty: false,
};

describe('the start of a program', () => {
  it('never makes a value part of a script', () => {
    const argv = ['sh', '-c', 'echo $(id)'];
    const init = initLaunch(container, argv, {
      shim: '/shim',
      script: '/init',
      root: '/r',
      tables: '/t',
      skeleton: '/s',
      hostname: '$(id)',
      fresh: ['/tmp'],
    });
    expect(init.argv.slice(-5, -3)).toEqual(['sh', '/init']);
    expect(init.argv.slice(-3)).toEqual(argv);
    const exec = execLaunch(container, argv, 42, false);
    expect(exec.argv.slice(-5)).toEqual(['sh', '/start', ...argv]);
  });

  it("keeps the container's variables from the tools that run before it", () => {
    const env = startEnvironment({ ...container, env: { LD_PRELOAD: '/evil.so', PATH: '/evil' } }, false);
    expect(env).not.toHaveProperty('LD_PRELOAD');
    expect(env.PATH).toBe('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
    expect(env).toMatchObject({
      PODWIRE_ENV_COUNT: '2',
      PODWIRE_ENV_0: 'LD_PRELOAD=/evil.so',
      PODWIRE_ENV_1: 'PATH=/evil',
    });
    expect(startEnvironment(container, true)).toMatchObject({ PODWIRE_TTY: 'yes', PODWIRE_ENV_0: 'TERM=xterm' });
  });

  it.each<[string, object, string[]]>([
    [
      'a container',
      {},
      ['setpriv', '--bounding-set', '-all,+net_raw,+sys_chroot', 'chroot', '/container', 'env', '-i', '--'],
    ],
    ['a privileged one', { privileged: true }, ['chroot', '/container', 'env', '-i', '--']],
    [
      'another user, elsewhere',
      { privileged: true, user: { uid: 1, gid: 2, groups: [3, 4] }, workingDir: '/a b' },
      ['chroot', '--userspec=1:2', '--groups=3,4', '/container', 'env', '-i', '--chdir=/a b', '--'],
    ],
    [
      'one whose programs gain nothing',
      { capabilities: [], user: { uid: 1, gid: 2 }, noNewPrivileges: true },
      [
        ...['setpriv', '--bounding-set', '-all,+setgid,+setuid,+sys_chroot', 'setpriv', '--no-new-privs'],
        ...['chroot', '--userspec=1:2', '--groups=', '/container', 'env', '-i', '--'],
      ],
    ],
  ])('%s is entered by trusted tools, in order', (_title, fields, expected) => {
    // The script ends in `exec`: a function of that name shows what it would run.
    const script = START_SCRIPT.replace(/exec "\$@"\n$/, 'printf "%s\\n" "$@"\n');
    const env = startEnvironment({ ...container, env: { A: '1', B: "it's $HOME" }, ...fields }, false);
    const shown = execFileSync('sh', ['-c', script, 'podwire', 'prog', 'x y'], { env, encoding: 'utf8' });
    expect(shown.trimEnd().split('\n')).toEqual([...expected, 'A=1', "B=it's $HOME", 'prog', 'x y']);
  });
});

describe('capabilities', () => {
  it.each<[string[], string[], string]>([
    [[], [], '13'],
    [['NET_ADMIN', 'CAP_SYS_TIME', 'net_raw'], [], '15'],
    [[], ['ALL'], '0'],
    [['NET_BIND_SERVICE'], ['all'], '1'],
    [['ALL'], [], '41'],
    [['NONSENSE,+all'], [], '13'],
  ])('add %j drop %j: %s', (add, drop, count) => {
    expect(String(capabilitiesOf(add, drop).length)).toBe(count);
  });

  it('has neither SYS_ADMIN nor MKNOD unless asked for', () => {
    const set = capabilitiesOf();
    for (const name of ['SYS_ADMIN', 'MKNOD', 'SYS_PTRACE', 'NET_ADMIN', 'SYS_MODULE']) expect(set).not.toContain(name);
    expect(boundingSet(['NET_RAW'])).toBe('-all,+net_raw,+sys_chroot');
  });
});

describe('startErrorOf', () => {
  it.each<[number, string, string | undefined]>([
    [127, "env: 'foo': No such file or directory\n", 'exec: "foo": executable file not found in $PATH'],
    [127, 'env: ‘foo’: No such file or directory', 'exec: "foo": executable file not found in $PATH'],
    [126, "env: 'foo': Permission denied", 'exec: "foo": permission denied'],
    [
      125,
      "env: cannot change directory to '/x': No such file or directory",
      'chdir to cwd ("/x") set in config.json failed: no such file or directory',
    ],
    [127, "env: 'bar': No such file or directory", undefined],
    [1, "env: 'foo': No such file or directory", undefined],
    [127, 'sh: 1: foo: not found', undefined],
  ])('%d %j', (code, complaint, expected) => {
    expect(startErrorOf(code, complaint, 'foo')).toBe(expected);
  });
});
