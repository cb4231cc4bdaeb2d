import { describe, expect, it } from 'vitest';
import { fill, lookUp } from '../../src/scenario/bindings.ts';

const VALUES = {
  'node-2': { ip: '192.168.1.12' },
  answer: { json: [{ mtu: 1450, 'a.b/c': 'x' }] },
  empty: {},
};

describe('fill', () => {
  it('fills texts anywhere in a value', () => {
    const step = { to: '{{ node-2.ip }}:80', list: ['{{node-2.ip}}'], other: 3 };
    expect(fill(step, VALUES)).toEqual({ to: '192.168.1.12:80', list: ['192.168.1.12'], other: 3 });
  });

  it('keeps the type of a text that is one binding', () => {
    expect(fill({ mtu: '{{ answer.json[0].mtu }}' }, VALUES)).toEqual({ mtu: 1450 });
    expect(fill('{{ answer.json }}', VALUES)).toEqual(VALUES.answer.json);
  });

  it('reads keys that are no names', () => {
    expect(fill('{{ answer.json[0]["a.b/c"] }}', VALUES)).toBe('x');
  });

  it('says what there is instead of a missing value', () => {
    expect(() => fill('{{ nod-2.ip }}', VALUES)).toThrow('no value is called "nod-2"; did you mean "node-2"?');
    expect(() => lookUp(VALUES, 'node-2.mac')).toThrow('node-2 has no "mac"; there are: ip');
    expect(() => lookUp(VALUES, 'empty.mac')).toThrow('it is empty');
  });

  it('does not reach into what every object inherits', () => {
    expect(() => lookUp(VALUES, 'node-2.constructor')).toThrow('has no "constructor"');
  });
});
