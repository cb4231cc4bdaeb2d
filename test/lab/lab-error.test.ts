import { describe, expect, it } from 'vitest';
import { describeError, describeFullDisk, LabError } from '../../src/lab/lab-error.ts';

describe('an error of the daemon', () => {
  it('travels with its lines and its exit code', () => {
    const text = { what: 'there is no node "x"', why: 'the nodes are …', remedy: 'name another', exitCode: 2 } as const;
    expect(describeError(new LabError(text))).toEqual(text);
    expect(new LabError(describeError(new LabError(text))).exitCode).toBe(2);
  });

  it('says of a full disk that it is full, whoever noticed', () => {
    const file = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const database = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
    for (const error of [file, database]) {
      expect(describeError(error)).toMatchObject({ what: 'no space left for the lab', why: error.message });
      expect(describeFullDisk(error)?.remedy).toContain('free some space');
    }
    expect(describeFullDisk(new Error('something else'))).toBeUndefined();
    expect(describeError(new Error('something else')).what).toBe('the lab could not be built');
  });
});
