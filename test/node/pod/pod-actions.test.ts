import { describe, expect, it } from 'vitest';
import { type ContainerRecord, newRecord } from '../../../src/node/pod/container-record.ts';
import { podActions } from '../../../src/node/pod/pod-actions.ts';
import type { Container, PodSpec } from '../../../src/objects/wire.ts';

const NOW = 1_000_000;
const c = (name: string, fields: Partial<Container> = {}) => ({ name, ...fields }) as Container;
const running = (name: string, fields: Partial<ContainerRecord> = {}): ContainerRecord => ({
  ...newRecord(name, ''),
  id: 'id',
  state: { kind: 'running', startedAt: 't' },
  started: true,
  ...fields,
});
const ended = (name: string, exitCode: number, failures = 1, endedAt = NOW): ContainerRecord => ({
  ...newRecord(name, ''),
  id: 'id',
  state: { kind: 'terminated', exitCode, reason: '', startedAt: 't', finishedAt: 't', containerId: 'id' },
  failures,
  endedAt,
});

/** What is to be done, in short: started names, names that wait with their time, stopped names, finished. */
function decide(spec: Partial<PodSpec>, records: ContainerRecord[]) {
  const actions = podActions(
    { containers: [c('main')], ...spec } as PodSpec,
    new Map(records.map((record) => [record.name, record])),
    NOW,
  );
  return {
    start: actions.start.map(({ name }) => name),
    wait: actions.backOff.map(({ container, until }) => [container.name, until - NOW]),
    stop: actions.stop.map(({ name }) => name),
    finished: actions.finished,
  };
}

const nothing = { start: [], wait: [], stop: [], finished: false };

describe('podActions', () => {
  it.each<[string, Partial<PodSpec>, ContainerRecord[], object]>([
    ['a new pod starts all its containers', { containers: [c('a'), c('b')] }, [], { start: ['a', 'b'] }],
    ['a running container is left alone', {}, [running('main')], {}],
    ['Always restarts after success, the first time at once', {}, [ended('main', 0)], { start: ['main'] }],
    ['and waits after the second end', {}, [ended('main', 1, 2)], { wait: [['main', 1000]] }],
    ['longer after each', {}, [ended('main', 1, 4)], { wait: [['main', 4000]] }],
    ['at most thirty seconds', {}, [ended('main', 1, 20)], { wait: [['main', 30_000]] }],
    ['until the wait is over', {}, [ended('main', 1, 2, NOW - 1000)], { start: ['main'] }],
    ['OnFailure restarts a failure', { restartPolicy: 'OnFailure' }, [ended('main', 1)], { start: ['main'] }],
    ['but not a success', { restartPolicy: 'OnFailure' }, [ended('main', 0)], { finished: true }],
    ['Never restarts nothing', { restartPolicy: 'Never' }, [ended('main', 1)], { finished: true }],
    [
      'a pod is finished when all its containers are',
      { restartPolicy: 'Never', containers: [c('a'), c('b')] },
      [ended('a', 0), running('b')],
      {},
    ],
    ['init containers run one after another', { initContainers: [c('i'), c('j')] }, [], { start: ['i'] }],
    ['the next when the first has succeeded', { initContainers: [c('i'), c('j')] }, [ended('i', 0)], { start: ['j'] }],
    ['then the containers', { initContainers: [c('i')] }, [ended('i', 0)], { start: ['main'] }],
    ['a failed init container is tried again', { initContainers: [c('i')] }, [ended('i', 1)], { start: ['i'] }],
    ['or fails the pod', { initContainers: [c('i')], restartPolicy: 'Never' }, [ended('i', 1)], { finished: true }],
    [
      'init containers are over once a container has run',
      { initContainers: [c('i')] },
      [ended('i', 1), running('main')],
      {},
    ],
    [
      'a sidecar lets the next begin when it has started',
      { initContainers: [c('s', { restartPolicy: 'Always' })] },
      [running('s')],
      { start: ['main'] },
    ],
    [
      'and not before',
      { initContainers: [c('s', { restartPolicy: 'Always' })] },
      [running('s', { started: false })],
      {},
    ],
    [
      'a sidecar is restarted beside the containers',
      { initContainers: [c('s', { restartPolicy: 'Always' })] },
      [ended('s', 1), running('main')],
      { start: ['s'] },
    ],
    [
      'and stopped when they have finished',
      { initContainers: [c('s', { restartPolicy: 'Always' })], restartPolicy: 'Never' },
      [running('s'), ended('main', 0)],
      { stop: ['s'] },
    ],
    [
      'an ephemeral container is started beside the others',
      { ephemeralContainers: [c('debug')] },
      [running('main')],
      { start: ['debug'] },
    ],
    [
      'also while an init container is at it',
      { initContainers: [c('i')], ephemeralContainers: [c('debug')] },
      [running('i')],
      { start: ['debug'] },
    ],
    ['and never again', { ephemeralContainers: [c('debug')] }, [running('main'), ended('debug', 1)], {}],
    [
      'nor does the pod wait for it to end',
      { ephemeralContainers: [c('debug')], restartPolicy: 'Never' },
      [ended('main', 0), running('debug')],
      { stop: ['debug'] },
    ],
  ])('%s', (_title, spec, records, expected) => {
    expect(decide(spec, records)).toEqual({ ...nothing, ...expected });
  });
});
