import { describe, expect, it } from 'vitest';
import { jsonPatch } from '../../../src/api/patch/json-patch.ts';
import { type Json, PatchError } from '../../../src/api/patch/json-value.ts';

const add = (path: string, value: Json) => ({ op: 'add', path, value });

describe('JSON patch', () => {
  it.each<[string, Json, unknown[], Json]>([
    ['adds a member', { a: 1 }, [add('/b', 2)], { a: 1, b: 2 }],
    ['adds into a list', { a: [1, 3] }, [add('/a/1', 2)], { a: [1, 2, 3] }],
    ['appends to a list', { a: [1] }, [add('/a/-', 2)], { a: [1, 2] }],
    ['adds at the end by number', { a: [1] }, [add('/a/1', 2)], { a: [1, 2] }],
    ['replaces the document', { a: 1 }, [add('', { b: 2 })], { b: 2 }],
    ['removes', { a: 1, b: [1, 2] }, [{ op: 'remove', path: '/b/0' }], { a: 1, b: [2] }],
    ['replaces', { a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: null }], { a: { b: null } }],
    ['moves', { a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }, add('/b/-', 2)], { a: [1], b: [1, 2] }],
    ['tests', { a: [1, { b: 2 }] }, [{ op: 'test', path: '/a', value: [1, { b: 2 }] }], { a: [1, { b: 2 }] }],
    ['reads escaped pointers', { 'a/b~c': 1 }, [{ op: 'replace', path: '/a~1b~0c', value: 2 }], { 'a/b~c': 2 }],
    ['~01 is ~1', { '~1': 1 }, [{ op: 'remove', path: '/~01' }], {}],
  ])('%s', (_name, document, patch, result) => {
    const before = structuredClone(document);
    expect(jsonPatch(document, patch)).toEqual(result);
    expect(document).toEqual(before);
  });

  it.each<[string, unknown, string]>([
    ['no list', { op: 'add' }, 'a JSON patch is a list of operations'],
    ['no operation', [1], 'needs "op" and "path"'],
    ['an unknown operation', [{ op: 'merge', path: '/a', value: 1 }], 'unexpected kind: merge'],
    ['a missing parent', [add('/x/y', 1)], 'add operation does not apply: doc is missing path: "/x/y": missing value'],
    [
      'removing what is not there',
      [{ op: 'remove', path: '/x' }],
      'remove operation does not apply: doc is missing path: "/x"',
    ],
    ['replacing what is not there', [{ op: 'replace', path: '/x', value: 1 }], 'doc is missing path: "/x"'],
    ['an inherited member', [{ op: 'test', path: '/constructor', value: 1 }], 'doc is missing path'],
    ['an index out of bounds', [add('/list/5', 1)], 'index out of bounds: "/list/5": 5'],
    ['an index with a leading zero', [add('/list/00', 1)], 'is no index of a list'],
    ['a test that fails', [{ op: 'test', path: '/a', value: 2 }], 'testing value /a failed'],
    ['no value', [{ op: 'add', path: '/a' }], 'needs "value"'],
    ['a move into itself', [{ op: 'move', from: '/list', path: '/list/0' }], 'lies within'],
    ['a pointer without slash', [add('a', 1)], 'is no JSON pointer'],
    ['removing the document', [{ op: 'remove', path: '' }], 'the whole document cannot be removed'],
  ])('refuses %s', (_name, patch, message) => {
    const apply = () => jsonPatch({ a: 1, list: [1] }, patch);
    expect(apply).toThrow(PatchError);
    expect(apply).toThrow(message);
  });

  it('makes an own member of __proto__', () => {
    const result = jsonPatch({}, [add('/__proto__', { x: 1 })]) as object;
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });
});
