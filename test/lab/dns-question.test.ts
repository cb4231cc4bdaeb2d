import { decode, encode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { addressQuery, isAnswered } from '../../src/lab/dns-question.ts';

const NAME = 'kubernetes.default.svc.cluster.local';

describe('a DNS question', () => {
  it('is what a DNS library reads as one', () => {
    expect(decode(addressQuery(NAME, 4711, 4))).toMatchObject({
      id: 4711,
      type: 'query',
      flag_rd: true,
      questions: [{ name: NAME, type: 'A', class: 'IN' }],
    });
  });

  const answer = (over: object) =>
    encode({ type: 'response', id: 7, answers: [{ type: 'A', name: NAME, data: '10.96.0.1' }], ...over });

  it.each([
    ['an address', answer({}), true],
    ['the answer to another question', answer({ id: 8 }), false],
    ['SERVFAIL', answer({ flags: 2, answers: [] }), false],
    ['no data', answer({ answers: [] }), false],
    ['something short', Buffer.from([0, 7]), false],
  ])('with %s', (_, response, expected) => {
    expect(isAnswered(response, 7)).toBe(expected);
  });
});
