import { describe, expect, it } from 'vitest';
import { duplicateFields } from '../../../src/api/http/duplicate-fields.ts';

describe('fields given twice', () => {
  it.each([
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"ports":[{"port":1},{"port":1,"name":"x","port":2}]}}', ['spec.ports[1].port']],
    ['{"a":"x,\\"a\\":{","b":["a","a"],"c":[[{"d":1,"d":2}]]}', ['c[0][0].d']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['["a","a"]', []],
    ['{"a":{},"b":[],"a":[]}', ['a']],
  ])('%s', (text, fields) => {
    expect(duplicateFields(text)).toEqual(fields.map((field) => `duplicate field "${field}"`));
  });
});
