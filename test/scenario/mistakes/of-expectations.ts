/** Mistakes of what steps expect. */
import { exec, type Mistake, request, scenarioOf, step, trace } from './mistake.ts';

const EXPECTATIONS: readonly Mistake[] = [
  [
    'an expectation of another step',
    exec('expect: {status: 200}'),
    '8:16: spec.steps[0].expect.status: unknown field; expected one of exitCode, stdout, stderr',
  ],
  [
    'a misspelt matcher',
    exec('expect: {stdout: {contain: x}}'),
    '8:25: spec.steps[0].expect.stdout.contain: unknown field; did you mean "contains"?',
  ],
  [
    'a matcher of no known form',
    exec('expect: {stdout: [x]}'),
    '8:16: spec.steps[0].expect.stdout: must be the whole text, or {equals, contains, lacks, matches, lines}',
  ],
  [
    'a broken regular expression',
    exec('expect: {stdout: {matches: "(x"}}'),
    '8:25: spec.steps[0].expect.stdout.matches: is no regular expression: Unterminated group',
  ],
  [
    'a broken regular expression of a binding',
    exec('as: {x: {match: "[a"}}'),
    '8:16: spec.steps[0].as.x.match: is no regular expression: Unterminated character class',
  ],
  [
    'an unknown outcome',
    request('{outcome: ok}'),
    '8:16: spec.steps[0].expect.outcome: must be "answered" or "refused" or "timeout" or "unreachable"',
  ],
  ['a status in words', request('{status: OK}'), '8:16: spec.steps[0].expect.status: must be a number'],
  [
    'a part no answer has',
    request('{distinct: {x-pod: 3}}'),
    '8:27: spec.steps[0].expect.distinct.x-pod: must be body or header.NAME',
  ],
  [
    'an unknown DNS status',
    scenarioOf('    - resolve: {from: client, name: b}\n      expect: {status: NXDOMIAN}'),
    '8:16: spec.steps[0].expect.status: must be "NOERROR" or "FORMERR" or "SERVFAIL" or "NXDOMAIN" or "NOTIMP" or "REFUSED" or "no answer"',
  ],
  [
    'a hop with an unknown action',
    trace('{hops: [{host: a, action: NAT}]}'),
    '8:33: spec.steps[0].expect.hops[0].action: must be "DNAT" or "SNAT"',
  ],
  [
    'a hop on an unknown way',
    trace('{hops: [{host: a, way: forth}]}'),
    '8:33: spec.steps[0].expect.hops[0].way: must be "there" or "back"',
  ],
  [
    'a hop in an unknown direction',
    trace('{hops: [{host: a, direction: up}]}'),
    '8:33: spec.steps[0].expect.hops[0].direction: must be "in" or "out"',
  ],
  [
    'a field no hop has',
    trace('{hops: [{node: a}]}'),
    '8:24: spec.steps[0].expect.hops[0].node: unknown field; expected one of host, device, direction, way, protocol, source, destination, outer, frame, action',
  ],
  [
    'a trace that is looked at again by its bare name',
    step('trace: {of: walk}'),
    '7:15: spec.steps[0].trace.of: must be a trace that was bound by `as`, such as "{{ walk }}"',
  ],
  [
    'an object without a kind',
    step('assert: {object: {metadata: {name: a}}}'),
    '7:16: spec.steps[0].assert.object.kind: is missing; it must be a string',
  ],
  [
    'an unknown kind',
    step('assert: {object: {kind: Pood, metadata: {name: a}}}'),
    '7:25: spec.steps[0].assert.object.kind: no resource is called "Pood"; did you mean "Pod"?',
  ],
  [
    'a broken JMESPath expression',
    step('assert: {object: {kind: Pod, metadata: {name: a}, spec: {"(a ||)": 1}}}'),
    '7:64: spec.steps[0].assert.object.spec.(a ||): no JMESPath expression: Syntax error: invalid token (EOF): ""',
  ],
  [
    'a refusal without its words',
    step('error: {kubectl: [create, x]}'),
    '7:7: spec.steps[0].expect: is missing; it must be a mapping',
  ],
  [
    'a matcher that expects nothing',
    exec('expect: {stdout: {}}'),
    '8:16: spec.steps[0].expect.stdout: expects nothing: name one of equals, contains, lacks, matches, lines',
  ],
  [
    'bounds of nothing',
    request('{distinct: {body: {}}}'),
    '8:27: spec.steps[0].expect.distinct.body: expects nothing: name min, max or both',
  ],
  [
    'bounds that nothing is within',
    request('{distinct: {body: {min: 3, max: 2}}}'),
    '8:27: spec.steps[0].expect.distinct.body: min is more than max',
  ],
  [
    'an empty text to contain',
    exec('expect: {stdout: {contains: ""}}'),
    '8:25: spec.steps[0].expect.stdout.contains: must not be empty',
  ],
  [
    'a hop that may be any',
    trace('{hops: [{}]}'),
    '8:23: spec.steps[0].expect.hops[0]: expects nothing: name host, device, …',
  ],
  [
    'a tree without fields',
    scenarioOf('    - get: {resource: pods}\n      expect: {each: {}}'),
    '8:16: spec.steps[0].expect.each: expects nothing: name fields that each must have',
  ],
];

export const OF_EXPECTATIONS: readonly Mistake[] = [...EXPECTATIONS];
