import { expect, it } from 'vitest';
import { ingressConfiguration } from '../../src/ingress/haproxy-config.ts';
import { planIngress } from '../../src/ingress/plan-ingress.ts';
import { backend, ingress, rule, service, slice, sources } from './objects.ts';

const options = { ownCertificate: 'OWN', http: 80, https: 443 };

it('writes sections without a word a user wrote but names, and maps', () => {
  const plan = planIngress(
    [
      ingress('a', { rules: [rule('shop.example', ['/', 'web'], ['Exact /health', 'web'], ['/api', 'nobody'])] }),
      ingress('b', { rules: [rule('*.shop.example', ['/x', 'web'])], defaultBackend: backend('web') }),
    ],
    sources([service('web')], [slice('web', ['10.244.1.2', '10.244.2.2'])]),
  );
  const { text, files } = ingressConfiguration(plan, options);
  expect(text).toBe(`\
defaults
    mode http
    timeout connect 1s
    timeout client 50s
    timeout server 50s
    timeout tunnel 1h
    timeout http-request 10s
    timeout http-keep-alive 60s
    retries 3
    option redispatch 1
    option forwardfor

frontend ingress
    bind :80
    bind :443 ssl crt own.pem crt-list certificates.list alpn h2,http/1.1
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-request set-header X-Forwarded-Proto http unless { ssl_fc }
    http-request set-var(txn.path) path
    http-request set-var(txn.host) req.hdr(host),field(1,:),lower
    http-request set-var(txn.site) var(txn.host),map_str(hosts.map)
    http-request set-var(txn.site) var(txn.host),regsub(^[^.]*,*),map_str(hosts.map) unless { var(txn.site) -m found }
    http-request set-var(txn.site) str(*) unless { var(txn.site) -m found }
    http-request set-var(txn.backend) var(txn.site),concat(,txn.path),map_str(exact.map)
    http-request set-var(txn.backend) var(txn.site),concat(,txn.path,/),map_beg(prefix.map) unless { var(txn.backend) -m found }
    http-request set-var(txn.backend) var(txn.site),map_str(fallback.map) unless { var(txn.backend) -m found }
    use_backend %[var(txn.backend)] if { var(txn.backend) -m found }
    default_backend default-backend

backend shop_web_80
    balance roundrobin
    server 10.244.1.2:8080 10.244.1.2:8080
    server 10.244.2.2:8080 10.244.2.2:8080

backend shop_nobody_80
    balance roundrobin

backend default-backend
    http-request return status 404 content-type text/plain string "default backend - 404"
`);
  expect(files).toEqual({
    'hosts.map': '*.shop.example *.shop.example\nshop.example shop.example\n',
    'exact.map': 'shop.example/health shop_web_80\n',
    'prefix.map': '*.shop.example/x/ shop_web_80\nshop.example/ shop_web_80\nshop.example/api/ shop_nobody_80\n',
    'fallback.map': '* shop_web_80\n*.shop.example shop_web_80\nshop.example shop_web_80\n',
    'own.pem': 'OWN',
    'certificates.list': '',
  });
});

it('lists each certificate with its hosts', () => {
  const certificates = [
    { name: 'shop_a.pem', pem: 'A', hosts: ['a.example', '*.a.example'] },
    { name: 'shop_b.pem', pem: 'B', hosts: [] },
  ];
  const { files } = ingressConfiguration({ sites: [], backends: [], certificates, complaints: [] }, options);
  expect(files).toMatchObject({
    'certificates.list': 'shop_a.pem a.example *.a.example\nshop_b.pem\n',
    'shop_a.pem': 'A',
    'shop_b.pem': 'B',
  });
});
