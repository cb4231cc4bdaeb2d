import { describe, expect, it } from 'vitest';
import { applyPatch } from '../../../src/api/patch/index.ts';
import type { Json } from '../../../src/api/patch/json-value.ts';
import { mergePatch } from '../../../src/api/patch/merge-patch.ts';
import { ApiError } from '../../../src/objects/transport.ts';

/** The examples of RFC 7386, appendix A. */
const examples: readonly [Json, Json, Json][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe('merge patch', () => {
  it.each(examples)('%j + %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });
});

describe('a patch that cannot be applied', () => {
  const refusal = (kind: 'json' | 'merge' | 'strategic', patch: unknown) => {
    try {
      applyPatch(kind, { metadata: { name: 'web' } }, patch, 'io.k8s.api.core.v1.Service');
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    return undefined;
  };

  it('answers Invalid in Kubernetes words for a JSON patch, the cause naming the operation', () => {
    const error = refusal('json', [{ op: 'remove', path: '/spec' }]);
    expect(error?.code).toBe(422);
    expect(error?.message).toBe('the server rejected our request due to an error in our request');
    expect(error?.status.details?.causes?.[0]?.message).toContain('doc is missing path: "/spec"');
  });

  it.each(['merge', 'strategic'] as const)('answers BadRequest for a %s patch', (kind) => {
    expect(refusal(kind, [])?.code).toBe(400);
  });
});
