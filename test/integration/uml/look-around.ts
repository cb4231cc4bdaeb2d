/** Inside User-mode Linux: says what it finds, tries to leave something on the host, ends with a code of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const sh = (command: string) => execFileSync('sh', ['-ec', command], { encoding: 'utf8' });
const [folder = '', ...args] = process.argv.slice(2);

for (const place of [folder, '/run', '/etc']) {
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'written-in-uml'), 'x');
}
console.log(
  JSON.stringify({
    args,
    kernel: sh('uname -r').trim(),
    loopback: sh('ip -brief address show dev lo').trim().split(/\s+/).slice(2),
    ipvs: sh('ipvsadm -A -t 192.0.2.1:80 -s rr; ipvsadm -S -n'),
    legacy: sh('iptables-legacy -t nat -A POSTROUTING -m ipvs --ipvs -j MASQUERADE; iptables-legacy-save -t nat'),
    ipset: sh('ipset create a hash:ip,port; ipset save'),
    netem: sh('ip link add v0 type veth peer name v1; tc qdisc add dev v0 root netem delay 10ms; tc qdisc show dev v0'),
  }),
);
console.error('a word on stderr');
process.exitCode = 7;
