/**
 * The records of the Kubernetes DNS specification 1.1.0, asked with dig from a pod, through the Service: of podwire's own server,
 * and of CoreDNS where this machine has one.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCoreDns } from '../../../src/lab/core-dns.ts';
import { kubectl, ROOT, run, sharedLab } from '../journeys/shared-lab.ts';
import { eventually } from '../scratch.ts';
import { SPECIFICATION } from './specification.ts';

const rows = Object.values(SPECIFICATION).flat();

/** A further host of the lab file. */
const DATABASE = `  - name: mysql
    address: 192.168.1.23
    names: [my.database.domain.com]
    image: mysql
`;

/** Why CoreDNS cannot be asked on this machine. */
function missingCoreDns(): string | undefined {
  try {
    findCoreDns();
    return undefined;
  } catch (error) {
    return (error as { why: string }).why;
  }
}

const skipped = missingCoreDns();
if (skipped !== undefined) console.info(`CoreDNS is not asked: ${skipped}`);

describe.each(['podwire', 'coredns'])('%s', (server) => {
  describe.skipIf(server === 'coredns' && skipped !== undefined)('by dig from a pod', () => {
    const file = join(tmpdir(), `podwire-dns-${process.pid}-${server}.yaml`);
    const lab = sharedLab(() => {
      const lab = readFileSync(join(ROOT, 'lab/dual-stack.yaml'), 'utf8');
      writeFileSync(file, `${lab}${DATABASE}dns: ${server}\n`);
      return { file, nodes: 2 };
    });
    const answers = new Map<string, string[]>();
    const addresses = new Map<string, string>();

    beforeAll(async () => {
      await kubectl(lab(), ['apply', '-f', join(ROOT, 'test/fixtures/dns/specification.yaml')]);
      for (const pod of ['shell', 'member', 'set-0', 'set-1', 'configured', 'on-node'])
        await kubectl(lab(), ['wait', '--for=condition=Ready', `pod/${pod}`, '--timeout=30s']);
      await eventually(async () => (await kubectl(lab(), ['get', 'pod', 'unready'])).includes('Running'));
      const format = '{range .items[*]}{.metadata.name} {.status.podIPs[*].ip}{"\\n"}{end}';
      const list = await kubectl(lab(), ['get', 'pods', '-o', `jsonpath=${format}`]);
      for (const [, pod, v4, v6] of list.matchAll(/^(\S+) (\S+) (\S+)$/gm)) {
        addresses.set(pod!, v4!);
        addresses.set(`${pod}/6`, v6!);
      }
      // What is written last is known last.
      await eventually(
        async () => (await run(lab(), 'shell', 'dig', '+short', 'early.default.svc.cluster.local')) !== '',
      );
      const ask = rows.map(
        ([name, type]) => `dig +noall +comments +answer +authority +time=2 -t ${type} '${name}'; echo @@`,
      );
      const output = await run(lab(), 'shell', 'sh', '-c', ask.join('\n'));
      for (const [index, text] of output.split('@@\n').slice(0, -1).entries())
        answers.set(rows[index]!.join(), linesOf(text));
    });
    afterAll(() => rmSync(file));

    // CoreDNS is ready after ten seconds at the earliest, twice: too long for a test of the lab.
    it.skipIf(server === 'coredns')('loses no question while its pods are replaced', async () => {
      const loop = `while [ ! -e /tmp/enough ]; do
        total=$((total + 1)); dig +short +time=2 +tries=1 web.default.svc.cluster.local | grep -q '^10.96.7.7$' || lost=$((lost + 1))
      done; echo "$total $lost"`;
      const asking = run(lab(), 'shell', 'sh', '-c', `total=0; lost=0; ${loop}`);
      await kubectl(lab(), ['-n', 'kube-system', 'rollout', 'restart', 'deployment/coredns']);
      await kubectl(lab(), ['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=60s']);
      const isReplaced = async () =>
        (await kubectl(lab(), ['-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app=kube-dns', '-o', 'name']))
          .trim()
          .split('\n').length === 2;
      await eventually(isReplaced, 30_000);
      await run(lab(), 'shell', 'touch', '/tmp/enough');
      const [total, lost] = (await asking).trim().split(' ').map(Number);
      expect(lost).toBe(0);
      expect(total).toBeGreaterThan(20);
    });

    it('is what pods of each dnsPolicy ask, by the C library too', async () => {
      const inPod = (pod: string, script: string) => run(lab(), pod, 'sh', '-c', script);
      expect(
        await inPod('configured', 'cat /etc/resolv.conf; getent hosts web; getent hosts my.database.domain.com'),
      ).toBe(
        'search other.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:1 edns0\n' +
          '10.96.7.9       web.other.svc.cluster.local\nfd00:192:168:1::23 my.database.domain.com\n',
      );
      expect(await inPod('on-node', 'grep search /etc/resolv.conf; getent hosts web')).toBe(
        'search default.svc.cluster.local svc.cluster.local cluster.local\n10.96.7.7       web.default.svc.cluster.local\n',
      );
      expect(await inPod('shell', 'getent hosts twice')).toContain('10.96.7.9');
      // No search path may cost a client its resolver's patience.
      expect(await inPod('shell', 'timeout 2 getent hosts no.such.name.anywhere || echo none')).toBe('none\n');
    });

    it('knows a pod by the name it has itself', async () => {
      const names = await run(
        lab(),
        'member',
        'sh',
        '-c',
        'hostname; cat /etc/hostname; getent hosts ledger; getent hosts captain',
      );
      expect(names.replace(/ +/g, ' ')).toBe(
        'captain.team.default.svc.cluster.local\n'.repeat(2) +
          `192.0.2.50 ledger ledger.example\n${addresses.get('member/6')} captain.team.default.svc.cluster.local captain\n`,
      );
    });

    describe.each(Object.entries(SPECIFICATION))('%s', (_section, section) => {
      it.each(section.map((row) => [row[0], row[1], row] as const))('%s %s', (_name, _type, row) => {
        const expected = row[2].map((line) => line.replace(/\{(.+)\}/, (_text, pod: string) => addresses.get(pod)!));
        expect(answers.get(row.join())).toEqual([...expected].sort());
      });
    });
  });
});

/** dig's answer as the table has it. */
function linesOf(text: string): string[] {
  const status = /status: (\w+)/.exec(text)?.[1] ?? 'no answer';
  const records = [...text.matchAll(/^([^;\s]\S*)\s+(\d+)\s+IN\s+(\S+)\s+(.+)$/gm)];
  const soa = records.find(([, , , type]) => type === 'SOA');
  if (soa !== undefined) return [`${status === 'NOERROR' ? 'NODATA' : status} ${soa[1]} ${soa[2]}`];
  if (records.length === 0) return [status];
  return records.map(([, , ttl, type, data]) => `${ttl} ${type} ${data}`).sort();
}
