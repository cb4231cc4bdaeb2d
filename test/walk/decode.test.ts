import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6At } from '../../src/walk/addresses.ts';
import { parseConntrack } from '../../src/walk/conntrack.ts';
import { decodeEthernet, decodeNetwork, ETHERTYPE_ARP, ETHERTYPE_IPV4 } from '../../src/walk/decode.ts';
import { describePacket } from '../../src/walk/describe-packet.ts';
import { flowMatcher } from '../../src/walk/flow.ts';
import { PcapReader } from '../../src/walk/pcap.ts';

/** An ICMP port-unreachable of 10.244.2.1 about a SYN 10.244.1.2:20001 → 10.96.0.99:80, sequence 0x01020304. */
const UNREACHABLE = Buffer.from(
  '450000380000000040010000' +
    '0af40201' +
    '0af40102' +
    '0303000000000000' +
    '4500003c0000400040060000' +
    '0af40102' +
    '0a600063' +
    '4e21' +
    '0050' +
    '01020304',
  'hex',
);

describe('decodeNetwork', () => {
  it('reads an ARP request', () => {
    const arp = Buffer.from('0001080006040001' + '0242ac110002' + '0af40102' + '000000000000' + '0af40101', 'hex');
    expect(describePacket(decodeNetwork(ETHERTYPE_ARP, arp))).toBe('ARP who has 10.244.1.1? tell 10.244.1.2');
  });

  it('reads the packet an ICMP error quotes', () => {
    const packet = decodeNetwork(ETHERTYPE_IPV4, UNREACHABLE);
    expect(packet.icmp).toMatchObject({
      type: 3,
      code: 3,
      quoted: { tcp: { sourcePort: 20_001, sequence: 0x01020304 } },
    });
  });

  it('names what an ICMP error says', () => {
    const text = describePacket(decodeNetwork(ETHERTYPE_IPV4, UNREACHABLE));
    expect(text).toMatch(
      /^10\.244\.2\.1 > 10\.244\.1\.2: ICMP port unreachable about 10\.244\.1\.2:20001 > 10\.96\.0\.99:80/,
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0x0800, 0x0806, 0x86dd, 0), (bytes, etherType) => {
        describePacket(decodeNetwork(etherType, Buffer.from(bytes)));
        describePacket(decodeEthernet(Buffer.from(bytes)));
      }),
    );
  });

  it('writes IPv6 addresses as RFC 5952 does', () => {
    const text = (hex: string): string => ipv6At(Buffer.from(hex, 'hex'), 0);
    expect(text('00000000000000000000000000000001')).toBe('::1');
    expect(text('20010db8000000000001000000000001')).toBe('2001:db8::1:0:0:1');
    expect(text('20010db8000100010001000100010001')).toBe('2001:db8:1:1:1:1:1:1');
  });
});

describe('flowMatcher', () => {
  it('takes an ICMP error about the SYN for the way back', () => {
    const refused = decodeNetwork(ETHERTYPE_IPV4, UNREACHABLE);
    const syn = refused.icmp!.quoted!;
    const opening = { ...syn, tcp: { ...syn.tcp!, flags: { syn: true, ack: false, fin: false, rst: false } } };
    const match = flowMatcher({ kind: 'tcp', source: '10.244.1.2', sourcePort: 20_001 }, [opening]);
    expect([match(opening), match(refused)]).toEqual(['there', 'back']);
  });
});

describe('parseConntrack', () => {
  it('reads both tuples of an entry', () => {
    const [entry] = parseConntrack(
      'tcp      6 119 TIME_WAIT src=192.168.1.100 dst=192.168.1.11 sport=20001 dport=30080 ' +
        'src=10.244.2.2 dst=10.244.1.0 sport=80 dport=54321 [ASSURED] mark=0 use=1\nconntrack v1.4.7 …: 1 flow entries',
    );
    expect(entry).toMatchObject({
      protocol: 'tcp',
      original: { source: '192.168.1.100', destinationPort: 30_080 },
      reply: { source: '10.244.2.2', sourcePort: 80, destinationPort: 54_321 },
    });
  });
});

describe('PcapReader', () => {
  it('refuses what is no pcap', () => {
    expect(() => new PcapReader().push(Buffer.alloc(24, 'x'))).toThrow('not a pcap stream');
  });
});
