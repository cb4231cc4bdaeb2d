import { describe, expect, it } from 'vitest';
import { durationMs, parseFlags } from '../../../src/node/standins/agnhost/flags.ts';
import { netexecAnswers } from '../../../src/node/standins/agnhost/udp-server.ts';

describe('parseFlags', () => {
  it('reads both forms, switches, and what is no flag', () => {
    const flags = parseFlags(['10.0.0.1:80', '--timeout', '1s', '--protocol=tcp', '--udp', 'rest', '-port=5'], ['udp']);
    expect(flags.rest).toEqual(['10.0.0.1:80', 'rest']);
    expect(flags.get('timeout', '')).toBe('1s');
    expect(flags.get('protocol', '')).toBe('tcp');
    expect(flags.isSet('udp', false)).toBe(true);
    expect(flags.isSet('tcp', false)).toBe(false);
    expect(flags.port('port', 80)).toBe(5);
    expect(flags.port('http-port', 8080)).toBe(8080);
  });
});

describe('durationMs', () => {
  it.each([
    ['1s', 1000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['0.5s', 500],
    ['1', undefined],
    ['', undefined],
  ])('%s', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });
});

describe('the UDP commands of netexec', () => {
  it.each([
    ['hostname', 'web-0'],
    ['echo hello world', 'hello world'],
    ['clientip', '10.0.0.1:5'],
    ['serverport', '8081'],
    ['nonsense', undefined],
  ])('%s', (text, expected) => {
    expect(netexecAnswers('web-0', 8081)(text, '10.0.0.1:5')).toBe(expected);
  });
});
