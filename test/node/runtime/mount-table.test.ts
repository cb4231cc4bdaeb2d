import { describe, expect, it } from 'vitest';
import { baseTable, containerTable, type HostTree, tableLine } from '../../../src/node/runtime/mount-table.ts';

const host: HostTree = {
  base: '/state/base',
  root: '/state/root',
  initScript: '/state/init',
  shimScript: '/state/shim',
  emptyDirectory: '/state/empty',
  skeleton: '/state/skeleton',
  applets: '/state/applets',
  hidden: ['/var/lab'],
  programs: ['/usr', '/lib'],
  separate: ['/opt'],
  existing: new Map([
    ['/etc/shadow', 'file'],
    ['/proc/sys', 'directory'],
    ['/proc/kcore', 'file'],
    ['/sys/firmware', 'directory'],
  ]),
};

describe('tableLine', () => {
  it('writes what fstab would read otherwise as octal', () => {
    expect(tableLine('a b', '/x\ty\\z\n#', 'none', ['bind', 'ro'])).toBe(
      'a\\040b /x\\011y\\134z\\012\\043 none bind,ro 0 0\n',
    );
  });
});

describe('the mount tables', () => {
  it('the base is read-only and holds programs alone', () => {
    expect(baseTable(host)).toMatchInlineSnapshot(`
      "/state/base /state/root none bind,ro,nosuid,nodev 0 0
      /usr /state/root/usr none bind,ro,nodev 0 0
      /lib /state/root/lib none bind,ro,nodev 0 0
      tmpfs /state/root/old tmpfs nosuid,nodev,mode=755,size=256m 0 0
      "
    `);
  });

  it('the container', () => {
    const mounts = [{ source: '/state/pods/1/volumes/my data', target: '/data', readOnly: true }];
    expect(containerTable(host, { mounts, privileged: false, applets: '/state/applets/new' })).toMatchInlineSnapshot(`
      "overlay /state/root/container overlay nodev,lowerdir=/,upperdir=/state/root/old/upper,workdir=/state/root/old/work 0 0
      /opt /state/root/container/opt none bind,ro,nodev 0 0
      proc /state/root/container/proc proc nosuid,nodev,noexec 0 0
      sysfs /state/root/container/sys sysfs ro,nosuid,nodev,noexec 0 0
      /dev/null /state/root/container/dev/null none bind,ro,nosuid,noexec 0 0
      /dev/zero /state/root/container/dev/zero none bind,ro,nosuid,noexec 0 0
      /dev/full /state/root/container/dev/full none bind,ro,nosuid,noexec 0 0
      /dev/random /state/root/container/dev/random none bind,ro,nosuid,noexec 0 0
      /dev/urandom /state/root/container/dev/urandom none bind,ro,nosuid,noexec 0 0
      /dev/tty /state/root/container/dev/tty none bind,ro,nosuid,noexec 0 0
      devpts /state/root/container/dev/pts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620 0 0
      tmpfs /state/root/container/dev/shm tmpfs nosuid,nodev,noexec,mode=1777,size=64m 0 0
      tmpfs /state/root/container/run tmpfs nosuid,nodev,mode=755,size=64m 0 0
      tmpfs /state/root/container/tmp tmpfs nosuid,nodev,mode=1777,size=64m 0 0
      tmpfs /state/root/container/var/tmp tmpfs nosuid,nodev,mode=1777,size=64m 0 0
      tmpfs /state/root/container/root tmpfs nosuid,nodev,mode=700,size=64m 0 0
      tmpfs /state/root/container/home tmpfs nosuid,nodev,mode=755,size=64m 0 0
      tmpfs /state/root/container/mnt tmpfs nosuid,nodev,mode=755,size=64m 0 0
      tmpfs /state/root/container/media tmpfs nosuid,nodev,mode=755,size=64m 0 0
      tmpfs /state/root/container/srv tmpfs nosuid,nodev,mode=755,size=64m 0 0
      tmpfs /state/root/container/boot tmpfs nosuid,nodev,mode=755,size=64m 0 0
      /state/empty /state/root/container/var/lab none bind,ro,nosuid,nodev,noexec 0 0
      /dev/null /state/root/container/etc/shadow none bind,ro,nosuid,noexec 0 0
      /state/root/container/proc/sys /state/root/container/proc/sys none bind,ro,nosuid,nodev,noexec 0 0
      /dev/null /state/root/container/proc/kcore none bind,ro,nosuid,noexec 0 0
      /state/empty /state/root/container/sys/firmware none bind,ro,nosuid,nodev,noexec 0 0
      /state/applets/new /state/root/container/.podwire/applets none bind,ro,nosuid,nodev 0 0
      /state/pods/1/volumes/my\\040data /state/root/container/data none bind,nosuid,nodev,ro,X-mount.mkdir 0 0
      "
    `);
  });

  it('a privileged container may set the kernel', () => {
    const table = containerTable(host, { mounts: [], privileged: true });
    expect(table).not.toContain('/proc/sys');
    expect(table).toContain('/etc/shadow');
  });
});
