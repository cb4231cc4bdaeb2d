import { expect, it } from 'vitest';
import type { BalancedService } from '../../src/cloud/balanced-service.ts';
import { haproxyConfiguration } from '../../src/cloud/haproxy-config.ts';
import { LOCAL, NAMES, WEB } from './services.ts';

it('has a section for each TCP port, with the health its policy goes by', () => {
  expect(haproxyConfiguration([WEB, NAMES, LOCAL])?.text).toBe(`\
defaults
    mode tcp
    timeout connect 500ms
    retries 3
    option redispatch 1
    timeout client 1h
    timeout server 1h
    timeout check 500ms
    load-server-state-from-file global
    default-server inter 500ms fall 2 rise 2

frontend stats
    mode http
    bind 127.0.0.1:8404
    timeout client 5s
    stats enable
    stats uri /
    stats show-legends

backend nodes
    option httpchk GET /healthz
    http-check expect status 200
    server node-1 192.168.1.11:10256 check
    server node-2 192.168.1.12:10256 check

# shop/local
listen shop_local_8081
    bind 203.0.113.2:8081
    balance source
    hash-type consistent
    option httpchk GET /healthz
    http-check expect status 200
    server node-1 192.168.1.11:30081 check port 32000 inter 500ms
    server node-2 192.168.1.12:30081 check port 32000 inter 500ms

# shop/names:dns-tcp
listen shop_names_53
    bind 203.0.113.3:53
    balance roundrobin
    server node-1 192.168.1.11:30054 track nodes/node-1
    server node-2 192.168.1.12:30054 track nodes/node-2
    option allbackups
    server node-1-unchecked 192.168.1.11:30054 backup
    server node-2-unchecked 192.168.1.12:30054 backup

# shop/web:http
listen shop_web_80
    bind 203.0.113.1:80
    balance roundrobin
    server node-1 192.168.1.11:30080 track nodes/node-1
    server node-2 192.168.1.12:30080 track nodes/node-2
    option allbackups
    server node-1-unchecked 192.168.1.11:30080 backup
    server node-2-unchecked 192.168.1.12:30080 backup
`);
});

it('is none without a TCP port', () => {
  expect(haproxyConfiguration([])).toBeUndefined();
  expect(haproxyConfiguration([{ ...NAMES, ports: NAMES.ports.slice(0, 1) }])).toBeUndefined();
});

it('checks less often what there is more of', () => {
  const many = Array.from({ length: 1000 }, (_, index): BalancedService => ({ ...LOCAL, key: `shop/s${index}` }));
  expect(haproxyConfiguration(many)?.text).toContain('check port 32000 inter 5000ms');
});

it('does not depend on the order it is told in', () => {
  expect(haproxyConfiguration([LOCAL, WEB])).toEqual(haproxyConfiguration([WEB, LOCAL]));
});
