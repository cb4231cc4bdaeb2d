import { describe, expect, it } from 'vitest';
import { guestArguments } from '../../../src/lab/uml/guest-arguments.ts';

describe('guestArguments', () => {
  it('is the command line of a guest with the host’s files as its root', () => {
    const line = guestArguments({ folder: '/run/podwire/a/uml', init: '/opt/podwire/lab/uml/init.sh', memoryMb: 1024 });
    expect(line.join(' ')).toBe(
      'mem=1024M rootfstype=hostfs root=/dev/root rootflags=/ ro init=/opt/podwire/lab/uml/init.sh ' +
        'PODWIRE_FOLDER=/run/podwire/a/uml con=null con0=fd:0,fd:1 ssl=null uml_dir=/dev/shm/ umid=guest ' +
        'pty.legacy_count=0 initcall_blacklist=raid6_select_algo,init_zswap panic=-1 noreboot quiet',
    );
  });

  it('quotes a path with a space, and refuses what no kernel parameter can hold', () => {
    const options = { folder: '/tmp/a b', init: '/init', memoryMb: 64 };
    expect(guestArguments(options)).toContain('PODWIRE_FOLDER="/tmp/a b"');
    expect(() => guestArguments({ ...options, folder: '/tmp/"' })).toThrow('no path for a kernel parameter');
  });
});
