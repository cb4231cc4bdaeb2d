import { describe, expect, it } from 'vitest';
import { ProbeCounter } from '../../../src/node/probes/probe-counter.ts';
import { portOf } from '../../../src/node/probes/run-probe.ts';
import type { Container } from '../../../src/objects/wire.ts';

describe('ProbeCounter', () => {
  it.each<[string, object, string, (boolean | undefined)[]]>([
    ['by default one success and three failures count', {}, '+---+', [true, undefined, undefined, false, true]],
    ['a success between begins anew', {}, '--+---', [undefined, undefined, true, undefined, undefined, false]],
    ['thresholds are kept', { successThreshold: 2, failureThreshold: 1 }, '++-+', [undefined, true, false, undefined]],
  ])('%s', (_title, probe, outcomes, expected) => {
    const counter = new ProbeCounter(probe);
    expect([...outcomes].map((outcome) => counter.add(outcome === '+'))).toEqual(expected);
  });
});

describe('portOf', () => {
  const container = { ports: [{ name: 'web', containerPort: 8080 }] } as Container;
  it.each([
    [80, 80],
    ['web', 8080],
    ['81', 81],
    ['none', undefined],
  ])('%s', (port, expected) => {
    expect(portOf(container, port)).toBe(expected);
  });
});
