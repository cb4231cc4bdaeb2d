import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubectlServer, startKubectlServer } from './kubectl-fixture.ts';

let server: KubectlServer;
beforeAll(async () => {
  server = await startKubectlServer();
  await server.kubectl('create configmap here --from-literal=a=b');
});
afterAll(() => server.close());

const service = (spec: string, name = 'web') => `
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
${spec.replace(/^/gm, '  ')}
`;
const ports = 'ports:\n- port: 80';

/** What kubectl says with a real API server, word for word where it is short. */
const REFUSALS: readonly [what: string, args: string, input: string, says: string][] = [
  [
    'an unknown kind',
    'apply -f -',
    'apiVersion: v1\nkind: Widget\nmetadata: {name: a}\n',
    'error: resource mapping not found for name: "a" namespace: "" from "STDIN": no matches for kind "Widget" in version "v1"\nensure CRDs are installed first\n',
  ],
  [
    'an unknown version',
    'apply -f -',
    'apiVersion: apps/v9\nkind: Deployment\nmetadata: {name: a}\n',
    'no matches for kind "Deployment" in version "apps/v9"',
  ],
  [
    'a misspelt field',
    'apply -f -',
    service(`${ports}\nselectr: {app: web}`),
    'Error from server (BadRequest): error when creating "STDIN": Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.selectr"\n',
  ],
  [
    'a wrong type',
    'apply -f -',
    service('ports:\n- port: eighty'),
    'Error from server (BadRequest): error when creating "STDIN": Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32\n',
  ],
  [
    'a nodePort out of range',
    'apply -f -',
    service('type: NodePort\nports:\n- port: 80\n  nodePort: 80'),
    'The Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767\n',
  ],
  [
    'a clusterIP out of range',
    'apply -f -',
    service(`clusterIP: 192.168.0.1\n${ports}`),
    'The Service "web" is invalid: spec.clusterIPs: Invalid value: ["192.168.0.1"]: failed to allocate IP 192.168.0.1: the provided network does not match the current range\n',
  ],
  [
    'several ports without names',
    'apply -f -',
    service('ports:\n- port: 80\n- port: 81'),
    'spec.ports[0].name: Required value',
  ],
  [
    'a name with shell characters',
    'apply -f -',
    service(ports, '"a;reboot"'),
    'Invalid value: "a;reboot": a DNS-1035 label must consist of',
  ],
  [
    'no such namespace',
    '-n none apply -f -',
    service(ports),
    'Error from server (NotFound): error when creating "STDIN": namespaces "none" not found\n',
  ],
  ['no such object', 'get pod none', '', 'Error from server (NotFound): pods "none" not found\n'],
  ['no such resource', 'get widgets', '', 'error: the server doesn\'t have a resource type "widgets"\n'],
  ['there already', 'create configmap here', '', 'configmaps "here" already exists\n'],
  ['a selector that cannot be read', "get pods -l 'a in b'", '', 'unable to parse requirement'],
  [
    'a default namespace deleted',
    'delete ns default',
    '',
    'Error from server (Forbidden): namespaces "default" is forbidden: this namespace may not be deleted\n',
  ],
  [
    'a misspelt field in a patch',
    `patch cm here --type merge -p '{"dta":{"a":"b"}}'`,
    '',
    'Warning: unknown field "dta"\n',
  ],
  [
    'server-side apply of an unknown field',
    'apply --server-side --validate=false -f -',
    service(`${ports}\nprots: []`),
    'failed to create typed patch object (default/web; /v1, Kind=Service): .spec.prots: field not declared in schema',
  ],
];

describe('bad input meets the words of Kubernetes', () => {
  it.each(REFUSALS)('%s', async (_what, args, input, says) => {
    const { err } = await server.kubectl(args, input);
    expect(err).toContain(says);
  });

  it('and nothing of it was stored', async () => {
    expect((await server.kubectl('get svc -A -o name')).out).toBe('');
  });
});
