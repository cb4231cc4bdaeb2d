import { describe, expect, it } from 'vitest';
import { readDnsConfig } from '../../src/dns/server-config.ts';
import { DEFAULT_LAB } from '../../src/lab/default-lab.ts';
import { dnsConfigMap } from '../../src/lab/dns-objects.ts';
import { planLab } from '../../src/lab/plan-lab.ts';

describe('readDnsConfig', () => {
  it('reads kubeadm’s Corefile', () => {
    const { Corefile } = dnsConfigMap(planLab('x', DEFAULT_LAB)).data!;
    expect(readDnsConfig(Corefile!)).toEqual({
      servers: [
        {
          zone: '',
          port: 53,
          kubernetes: {
            domains: ['cluster.local'],
            reverse: ['in-addr.arpa', 'ip6.arpa'],
            ttl: 30,
            pods: 'insecure',
            fallthrough: ['in-addr.arpa', 'ip6.arpa'],
          },
          forwards: [{ from: '', except: [], to: ['/etc/resolv.conf'], policy: 'random', maxConcurrent: 1000 }],
          mostTtl: 30,
          log: false,
        },
      ],
      health: { port: 8080, lameduckMs: 5000 },
      ready: { port: 8181 },
      metrics: { port: 9153 },
    });
  });

  it('reads stub domains, hosts, reverse blocks and several zones', () => {
    const config = readDnsConfig(`
      # a stub domain
      Consul.Local.:1053, stub.example {
        forward . 10.150.0.1 10.150.0.2:5353 [fd00::1]:54 {
          policy sequential
          except inner.stub.example
        }
        log
      }
      dns://. {
        hosts {
          192.168.1.23 DB.example.com alias.example.com # the database
          ttl 60
          fallthrough
        }
        kubernetes cluster.local 10.96.0.0/15
      }`);
    expect(config.servers.map(({ zone, port, log }) => [zone, port, log])).toEqual([
      ['consul.local', 1053, true],
      ['stub.example', 53, true],
      ['', 53, false],
    ]);
    expect(config.servers[0]!.forwards).toEqual([
      {
        from: '',
        except: ['inner.stub.example'],
        to: [
          { host: '10.150.0.1', port: 53 },
          { host: '10.150.0.2', port: 5353 },
          { host: 'fd00::1', port: 54 },
        ],
        policy: 'sequential',
        maxConcurrent: 0,
      },
    ]);
    expect(config.servers[2]).toMatchObject({
      hosts: {
        entries: [{ address: '192.168.1.23', names: ['db.example.com', 'alias.example.com'] }],
        ttl: 60,
        fallthrough: [''],
      },
      kubernetes: { reverse: ['96.10.in-addr.arpa', '97.10.in-addr.arpa'], ttl: 5, pods: 'disabled', fallthrough: [] },
    });
    expect(config.health).toBeUndefined();
  });

  it.each([
    ['.:53', "Corefile:1 - Error during parsing: expected '{' behind the zones of a server"],
    ['.:53 {\n  errors\n', "Corefile:1 - Error during parsing: the '{' has no '}'"],
    ['{\n}', 'Corefile:1 - Error during parsing: a server block has no zone'],
    ['. {\n  template ANY ANY\n}', "Corefile:2 - Error during parsing: Unknown directive 'template'"],
    [
      '. {\n  kubernetes cluster.local {\n    pods verified\n  }\n}',
      'Corefile:3 - Error during parsing: pods must be one of',
    ],
    [
      '. {\n  kubernetes cluster.local {\n    ttl 9999\n  }\n}',
      'Corefile:3 - Error during parsing: ttl must be a number',
    ],
    ['. {\n  kubernetes in-addr.arpa\n}', 'Corefile:2 - Error during parsing: the plugin kubernetes needs a zone'],
    ['. {\n  forward .\n}', 'Corefile:2 - Error during parsing: Wrong argument count'],
    ['. {\n  log cluster.local\n}', 'Corefile:2 - Error during parsing: log of some queries only; podwire'],
    ['. {\n  health {\n    ready\n  }\n}', "Corefile:3 - Error during parsing: unknown property 'ready'"],
    ['. {\n  forward . 10.0.0.1:99999\n}', 'Corefile:2 - Error during parsing: not an IP address or file'],
    ['. {\n  forward . dns.example\n}', 'Corefile:2 - Error during parsing: not an IP address or file: "dns.example"'],
    ['. {\n  health {\n    lameduck soon\n  }\n}', 'Corefile:3 - Error during parsing: lameduck needs a duration'],
    ['. {\n  hosts {\n    inline {\n  }\n}', "Corefile:3 - Error during parsing: unexpected '{'"],
  ])('refuses %j', (text, message) => {
    expect(() => readDnsConfig(text)).toThrow(message);
  });
});
