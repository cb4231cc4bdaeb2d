import { expect, it } from 'vitest';
import { guestScript } from '../../../src/lab/uml/guest-script.ts';

it('the script of a lab’s guest hides the shared folder, empties the folder of labs and becomes the agent', () => {
  const text = guestScript({
    env: { PATH: '/usr/bin:/bin', HOME: "/home/o'hara" },
    agent: ['/usr/bin/node', '/opt/pod wire/dist/agent.js', 'podwire'],
    modules: ['veth', 'vxlan'],
    stateRoot: '/run/podwire',
  });
  expect(text).toBe(`umount -l /run/host
mkdir -p /run/podwire
mount -t tmpfs -o mode=700 tmpfs /run/podwire
modprobe -a -q veth vxlan
stty -F /dev/ttyS0 raw -echo
export PATH=/usr/bin:/bin
export HOME='/home/o'\\''hara'
exec /usr/bin/node '/opt/pod wire/dist/agent.js' podwire
`);
});
