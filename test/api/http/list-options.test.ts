import { describe, expect, it } from 'vitest';
import { checkListOptions } from '../../../src/api/http/list-options.ts';

const refused = (query: string, mode: 'list' | 'watch') => {
  try {
    checkListOptions(new URLSearchParams(query), mode);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('parameters of a list and a watch', () => {
  it.each([
    ['', 'list'],
    ['resourceVersion=5&resourceVersionMatch=Exact', 'list'],
    ['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'list'],
    ['resourceVersionMatch=NotOlderThan&sendInitialEvents=true', 'watch'],
  ] as const)('%s may stand together in a %s', (query, mode) => expect(refused(query, mode)).toBeUndefined());

  it.each([
    [
      'resourceVersionMatch=Exact',
      'list',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      'list',
      'resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Newest',
      'list',
      'resourceVersionMatch: Unsupported value: "Newest": supported values: "", "Exact", "NotOlderThan"',
    ],
    ['sendInitialEvents=true', 'list', 'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
    [
      'sendInitialEvents=true',
      'watch',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    ],
    [
      'resourceVersionMatch=NotOlderThan',
      'watch',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    ],
  ] as const)('%s is refused in a %s', (query, mode, why) =>
    expect(refused(query, mode)).toBe(`ListOptions.meta.k8s.io "" is invalid: ${why}`),
  );
});
