import { describe, expect, it } from 'vitest';
import { pickCpu } from '../../../src/lab/uml/guest-cpu.ts';

describe('pickCpu', () => {
  it('goes round the CPUs of the list', () => {
    expect([0, 1, 2, 3, 4].map((turn) => pickCpu('0-1,6,8-9', [], turn))).toEqual([0, 1, 6, 8, 9]);
    expect(pickCpu('0-1,6,8-9', [], 5)).toBe(0);
    expect(pickCpu('3', [], 7)).toBe(3);
  });

  it('takes the one with the fewest guests', () => {
    expect([0, 1, 2].map((turn) => pickCpu('0-2', ['1', '1', '0', '0', '2', '0-2'], turn))).toEqual([2, 2, 2]);
    expect([0, 1].map((turn) => pickCpu('0-1', ['0', '1'], turn))).toEqual([0, 1]);
  });
});
