/** Mistakes of the file as a whole: no YAML, signs that only look like others, what stands around the steps. */
import { ANY_VERB, exec, type Mistake, NARRATED, scenarioOf, step } from './mistake.ts';

const NO_YAML: readonly Mistake[] = [
  [
    'broken YAML',
    step('exec: {in: client'),
    '8:1: Flow map in block collection must be sufficiently indented and end with a }',
  ],
  ['a tab', scenarioOf('    - exec:\n\tin: client'), '8:1: YAML is not indented with tabs: use spaces'],
  ['a field twice', exec('exec: {in: client, command: [b]}'), '8:7: this field is given twice: leave one out'],
  ['two documents', `${NARRATED}---\n${NARRATED}`, '8:1: a second document begins here: a file holds one'],
  ['an alias of nothing', step('exec: *ask'), '7:13: nothing before this is marked &ask'],
  ['a tag', step('narrate: !!js/function x'), '7:16: Unresolved tag: tag:yaml.org,2002:js/function'],
  [
    'aliases of aliases',
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n',
    '1:1: its aliases cannot be filled in: Excessive alias count indicates a resource exhaustion attack',
  ],
];

const TYPOGRAPHY: readonly Mistake[] = [
  ['a dash for a hyphen', scenarioOf('    – narrate: a'), '6:3: spec.steps: must be a list; "–" is not the hyphen "-"'],
  [
    'a dash for a later hyphen',
    scenarioOf('    - narrate: a\n    – narrate: b'),
    '8:1: All mapping items must start at the same column; "–" is not the hyphen "-"',
  ],
  [
    'a full-width colon',
    step('apply： {file: x}'),
    `7:7: spec.steps[0].apply： {file: expected one of the steps ${ANY_VERB}; "：" is not the colon ":"`,
  ],
  [
    'a dash in an option',
    step('exec: {in: client, command: [ping, —c, 1]}'),
    '7:42: spec.steps[0].exec.command[1]: begins with "—", which is not the hyphen "-"',
  ],
  [
    'curly quotation marks',
    step('request: {from: client, url: “http://x/”}'),
    `7:31: spec.steps[0].request.url: must be a URL: http://HOST:PORT/PATH; "“" is not the quotation mark '"'`,
  ],
];

const HEAD: readonly Mistake[] = [
  ['another apiVersion', NARRATED.replace('v1alpha1', 'v1'), '1:1: apiVersion: must be "podwire.dev/v1alpha1"'],
  ['another kind', NARRATED.replace('kind: Scenario', 'kind: Senario'), '2:1: kind: must be "Scenario" or "Exercise"'],
  ['no metadata', NARRATED.replace(/metadata.*\n/, ''), '1:1: metadata: is missing; it must be a mapping'],
  [
    'a name that is none',
    NARRATED.replace('name: test', 'name: My Test'),
    '3:12: metadata.name: must be a DNS label of at most 50 characters',
  ],
  [
    'an unknown level',
    NARRATED.replace('basic', 'easy'),
    '3:49: metadata.labels.level: must be "basic" or "intermediate" or "advanced"',
  ],
  [
    'no topic',
    NARRATED.replace('topic: service, ', ''),
    '3:24: metadata.labels.topic: is missing; it must be a string',
  ],
  ['no steps', NARRATED.replace(/ {2}steps:\n.*\n/, ''), '4:1: spec.steps: is missing; it must be a list'],
  ['empty steps', NARRATED.replace(/steps:\n.*\n/, 'steps: []\n'), '6:3: spec.steps: must have at least 1 item'],
  ['steps that are no list', scenarioOf('    narrate: a'), '6:3: spec.steps: must be a list'],
  [
    'an unknown backend',
    scenarioOf('    - narrate: a', '  proxyModes: [iptable]\n'),
    '6:16: spec.proxyModes[0]: must be "iptables" or "ipvs" or "nftables" or "userspace"',
  ],
  [
    'a lab without nodes',
    scenarioOf('    - narrate: a', '  lab: {nodes: 0}\n'),
    '6:9: spec.lab.nodes: must be at least 1',
  ],
  [
    'a misspelt field of the lab',
    scenarioOf('    - narrate: a', '  lab: {node: 3}\n'),
    '6:9: spec.lab.node: unknown field; did you mean "nodes"?',
  ],
  [
    'a lab file that is not there',
    scenarioOf('    - narrate: a', '  lab: {file: no.yaml}\n'),
    '6:9: spec.lab.file: there is no such file',
  ],
  [
    'a deadline in words',
    scenarioOf('    - narrate: a', '  deadline: 5min\n'),
    '6:3: spec.deadline: must be a duration such as 500ms, 10s or 2m',
  ],
  [
    'a mistake in the cleanup',
    scenarioOf('    - narrate: a', '  cleanup: [{exce: {}}]\n'),
    '6:14: spec.cleanup[0].exce: no step is called "exce"; did you mean "exec"?',
  ],
];

export const OF_FILES: readonly Mistake[] = [...NO_YAML, ...TYPOGRAPHY, ...HEAD];
