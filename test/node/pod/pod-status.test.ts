import { describe, expect, it } from 'vitest';
import { type ContainerRecord, newRecord } from '../../../src/node/pod/container-record.ts';
import { podStatus } from '../../../src/node/pod/pod-status.ts';
import type { Container, Pod, PodSpec, PodStatus } from '../../../src/objects/wire.ts';

const NOW = '2026-01-01T00:00:10Z';
const BEFORE = '2026-01-01T00:00:00Z';
const c = (name: string, fields: Partial<Container> = {}) => ({ name, image: 'nginx', ...fields }) as Container;
const running = (name: string, ready = true): ContainerRecord => ({
  ...newRecord(name, ''),
  id: 'abc',
  state: { kind: 'running', startedAt: BEFORE },
  started: true,
  ready,
});
const ended = (name: string, exitCode: number): ContainerRecord => ({
  ...newRecord(name, ''),
  id: 'abc',
  state: { kind: 'terminated', exitCode, reason: 'Completed', startedAt: BEFORE, finishedAt: NOW, containerId: 'abc' },
});

function statusOf(records: ContainerRecord[], { spec = {}, status = {}, finished = false, hasNetwork = true } = {}) {
  return podStatus({
    pod: { metadata: { name: 'web' }, spec: { containers: [c('main')], ...spec } as PodSpec, status } as Pod,
    former: status as PodStatus,
    records: new Map(records.map((record) => [record.name, record])),
    ips: hasNetwork ? ['10.244.1.2', 'fd00:10:244:1::2'] : undefined,
    hostIps: ['192.168.1.11', 'fd00:192:168:1::11'],
    finished,
    now: NOW,
  });
}

/** Type → status, and the reason where there is one. */
const conditionsOf = (status: ReturnType<typeof statusOf>) =>
  Object.fromEntries(
    (status.conditions ?? []).map((condition) => [condition.type, condition.reason ?? condition.status]),
  );

describe('podStatus', () => {
  it('shows a pod that has not started as Pending', () => {
    const status = statusOf([newRecord('main', 'ContainerCreating')], { hasNetwork: false });
    expect(status.phase).toBe('Pending');
    expect(status).not.toHaveProperty('podIP');
    expect(status.containerStatuses?.[0]).toEqual({
      name: 'main',
      image: 'nginx',
      imageID: '',
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
    });
    expect(conditionsOf(status)).toEqual({
      PodReadyToStartContainers: 'False',
      Initialized: 'True',
      Ready: 'ContainersNotReady',
      ContainersReady: 'ContainersNotReady',
      PodScheduled: 'True',
    });
  });

  it('shows a running pod with its address', () => {
    const status = statusOf([running('main')]);
    expect(status).toMatchObject({
      phase: 'Running',
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }, { ip: 'fd00:10:244:1::2' }],
      hostIP: '192.168.1.11',
    });
    expect(status.containerStatuses?.[0]).toMatchObject({
      containerID: 'podwire://abc',
      state: { running: { startedAt: BEFORE } },
    });
    expect(new Set(status.conditions?.map((condition) => condition.status))).toEqual(new Set(['True']));
  });

  it('says which containers are not ready, and keeps the time of a condition that has not changed', () => {
    const former = [{ type: 'Ready', status: 'False', lastTransitionTime: BEFORE }];
    const status = statusOf([running('main', false)], { status: { conditions: former } });
    const byType = new Map(status.conditions?.map((condition) => [condition.type, condition]));
    expect(byType.get('Ready')).toMatchObject({
      message: 'containers with unready status: [main]',
      lastTransitionTime: BEFORE,
    });
    expect(byType.get('ContainersReady')?.lastTransitionTime).toBe(NOW);
  });

  it('asks for readiness gates besides', () => {
    const spec = { readinessGates: [{ conditionType: 'example.com/gate' }] };
    expect(conditionsOf(statusOf([running('main')], { spec }))).toMatchObject({
      Ready: 'ReadinessGatesNotReady',
      ContainersReady: 'True',
    });
    const status = { conditions: [{ type: 'example.com/gate', status: 'True' }] };
    expect(conditionsOf(statusOf([running('main')], { spec, status }))).toMatchObject({ Ready: 'True' });
  });

  it('is not initialized before its init containers have succeeded', () => {
    const spec = { initContainers: [c('first'), c('second')] };
    const status = statusOf([ended('first', 0), newRecord('second', 'PodInitializing')], { spec });
    expect(status.phase).toBe('Pending');
    expect(conditionsOf(status).Initialized).toBe('ContainersNotInitialized');
    expect(status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, false]);
  });

  it.each([
    [0, 'Succeeded', 'PodCompleted'],
    [1, 'Failed', 'PodFailed'],
  ])('a finished pod with exit code %d is %s', (code, phase, reason) => {
    const status = statusOf([ended('main', code)], { finished: true });
    expect(status.phase).toBe(phase);
    expect(conditionsOf(status).Ready).toBe(reason);
  });
});
