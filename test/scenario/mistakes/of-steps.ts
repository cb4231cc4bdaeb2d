/** Mistakes of steps, and of the bindings in them. */
import { ANY_VERB, exec, type Mistake, scenarioOf, step } from './mistake.ts';

const STEPS: readonly Mistake[] = [
  [
    'a misspelt verb',
    step('aply: {file: x}'),
    '7:7: spec.steps[0].aply: no step is called "aply"; did you mean "apply"?',
  ],
  ['an unknown verb', step('frobnicate: {}'), `7:7: spec.steps[0].frobnicate: expected one of the steps ${ANY_VERB}`],
  [
    'two verbs',
    step('{exec: {in: client, command: [a]}, wait: {for: create, resource: pod}}'),
    '7:8: spec.steps[0].exec: a step does one thing, not wait and exec',
  ],
  ['a step that does nothing', step('as: x'), `7:7: spec.steps[0]: expected one of the steps ${ANY_VERB}`],
  ['a step that is no mapping', step('hello'), `7:7: spec.steps[0]: must be a step: a mapping with one of ${ANY_VERB}`],
  ['a missing field', step('exec: {in: client}'), '7:7: spec.steps[0].exec.command: is missing; it must be a list'],
  [
    'a misspelt field',
    step('request: {from: client, urll: "http://x/"}'),
    '7:31: spec.steps[0].request.urll: unknown field; did you mean "url"?',
  ],
  [
    'a field of another form',
    step('apply: {file: x.yaml, objects: [{kind: Pod}]}'),
    '7:29: spec.steps[0].apply.objects: does not go together with what stands beside it',
  ],
  [
    'a field beside the step',
    scenarioOf('    - exec: {in: client, command: [a]}\n      timout: 3s'),
    '8:7: spec.steps[0].timout: unknown field; did you mean "timeout"?',
  ],
  [
    'a wrong type',
    step('scale: {resource: deployment/web, replicas: many}'),
    '7:41: spec.steps[0].scale.replicas: must be a number',
  ],
  [
    'a number out of range',
    step('request: {from: client, url: "http://x/", count: 0}'),
    '7:49: spec.steps[0].request.count: must be at least 1',
  ],
  [
    'an empty command',
    step('exec: {in: client, command: []}'),
    '7:26: spec.steps[0].exec.command: must have at least 1 item',
  ],
  [
    'a resource without a name',
    step('scale: {resource: web, replicas: 1}'),
    '7:15: spec.steps[0].scale.resource: must be KIND/NAME, such as service/nginx',
  ],
  [
    'an unknown resource',
    step('get: {resource: podz}'),
    '7:13: spec.steps[0].get.resource: no resource is called "podz"; did you mean "pods"?',
  ],
  [
    'a duration without a unit',
    exec('timeout: 10'),
    '8:7: spec.steps[0].timeout: must be a duration such as 500ms, 10s or 2m',
  ],
  ['a text for a mapping', step('apply: manifests/x.yaml'), '7:7: spec.steps[0].apply: must be {file} or {objects}'],
  [
    'a manifest that is not there',
    step('apply: {file: nowhere.yaml}'),
    '7:15: spec.steps[0].apply.file: there is no file nowhere.yaml',
  ],
  [
    'no URL',
    step('request: {from: client, url: "web:80"}'),
    '7:31: spec.steps[0].request.url: must be a URL: http://HOST:PORT/PATH',
  ],
  [
    'a state nothing can be in',
    step('wait: {for: Ready, resource: pod}'),
    '7:14: spec.steps[0].wait.for: must be create, delete, condition=NAME[=STATUS] or jsonpath={.PATH}=VALUE',
  ],
  [
    'a path that leads nowhere',
    step('wait: {for: "jsonpath={.a..b}=x", resource: pod}'),
    '7:14: spec.steps[0].wait.for: "a..b" cannot be read: write names joined by dots, [0] or ["a.b"]',
  ],
  [
    'an unknown language',
    step('narrate: {en: a, fr: b}'),
    '7:24: spec.steps[0].narrate.fr: unknown field; expected one of en, zh',
  ],
  ['no English', step('narrate: {zh: b}'), '7:7: spec.steps[0].narrate.en: is missing; it must be a string'],
  [
    'an answer that is none of the choices',
    step('ask: {question: q, choices: [a, b], answer: 3}'),
    '7:43: spec.steps[0].ask.answer: must be the number of one of the choices',
  ],
  [
    'an unknown backend in a step',
    step('proxyMode: {mode: nftable}'),
    '7:19: spec.steps[0].proxyMode.mode: must be "iptables" or "ipvs" or "nftables" or "userspace"',
  ],
  [
    'a step for a backend that is never played',
    scenarioOf('    - {narrate: a, proxyModes: [nftables]}', '  proxyModes: [iptables]\n'),
    '8:20: spec.steps[0].proxyModes: the step is never played: the scenario is for iptables (spec.proxyModes)',
  ],
  [
    'a fault that is none',
    step('fault: {link: node-1, is: broken}'),
    '7:29: spec.steps[0].fault.is: must be "cut" or "whole", or a mapping of rate, mtu, delay, jitter, loss, reorder',
  ],
  [
    'a rate without a unit',
    step('fault: {link: node-1, is: {rate: 10mbps}}'),
    '7:34: spec.steps[0].fault.is.rate: must be such as 500kbit, 10mbit or 1gbit',
  ],
  [
    'a mistake in a step within',
    step('load: {from: client, url: "http://x/", while: [{scal: {}}]}'),
    '7:55: spec.steps[0].load.while[0].scal: no step is called "scal"; did you mean "scale"?',
  ],
  [
    'a change that is to go on to hold',
    step('{scale: {resource: deployment/web, replicas: 1}, consistently: 2s}'),
    '7:56: spec.steps[0].consistently: unknown field; expected one of narrate, proxyModes, requires, timeout, scale, expect',
  ],
];

const BINDINGS: readonly Mistake[] = [
  [
    'a name that nothing binds',
    step('exec: {in: client, command: ["{{ mac }}"]}'),
    '7:36: spec.steps[0].exec.command[0]: {{ mac }}: no step binds it with `as`, and no lab has such a value; there are: pods, services, namespace, lab',
  ],
  [
    'a misspelt name',
    scenarioOf(
      '    - {exec: {in: client, command: [a]}, as: address}\n    - exec: {in: client, command: ["{{ adress.stdout }}"]}',
    ),
    '8:36: spec.steps[1].exec.command[0]: {{ adress }}: no step binds it with `as`, and no lab has such a value; did you mean "address"?',
  ],
  [
    'a name that is bound later',
    scenarioOf(
      '    - exec: {in: client, command: ["{{ mac }}"]}\n    - {exec: {in: client, command: [b]}, as: {mac: stdout}}',
    ),
    '7:36: spec.steps[0].exec.command[0]: {{ mac }} has no value yet: a later step binds it',
  ],
  [
    'a binding that hides the lab’s',
    exec('as: pods'),
    '8:7: spec.steps[0].as: "pods" is what the lab calls its own: choose another name',
  ],
  [
    'an unreadable binding',
    step('exec: {in: client, command: ["{{ a..b }}"]}'),
    '7:36: spec.steps[0].exec.command[0]: {{ a..b }}: "a..b" cannot be read: write names joined by dots, [0] or ["a.b"]',
  ],
  [
    'a binding without an end',
    step('exec: {in: client, command: ["{{ node-1.ip }"]}'),
    '7:36: spec.steps[0].exec.command[0]: a binding that begins with {{ must end with }}',
  ],
  [
    'an empty binding',
    step('exec: {in: client, command: ["{{ }}"]}'),
    '7:36: spec.steps[0].exec.command[0]: {{ }} names no value',
  ],
  [
    'a name that cannot be bound',
    exec('as: my-name'),
    '8:7: spec.steps[0].as: must be a name of letters, digits and _',
  ],
];

export const OF_STEPS: readonly Mistake[] = [...STEPS, ...BINDINGS];
