import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from '../../src/proxy/go-duration.ts';

describe('durations', () => {
  it.each([
    ['30s', 30_000],
    ['1h0m0s', 3_600_000],
    ['1.5m', 90_000],
    ['250ms', 250],
    ['0', 0],
    ['-1s', -1000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [0, '0s'],
    [1e-6, '1ns'],
    [0.25, '250µs'],
    [1.5, '1.5ms'],
    [999, '999ms'],
    [1500, '1.5s'],
    [90_000, '1m30s'],
    [86_400_000, '24h0m0s'],
    [-30_000, '-30s'],
  ])('%d ms are printed as Go does, and read again', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ['', 'time: invalid duration ""'],
    ['abc', 'time: invalid duration "abc"'],
    ['5', 'time: missing unit in duration "5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['5s x', 'time: invalid duration "5s x"'],
  ])('%s is none', (text, problem) => expect(parseDuration(text)).toEqual({ problem }));
});
