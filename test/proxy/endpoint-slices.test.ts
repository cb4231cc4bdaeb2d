import { describe, expect, it } from 'vitest';
import { endpointsOf, serviceKeyOf } from '../../src/proxy/endpoint-slices.ts';
import { NODE, slice } from './fixtures.ts';

const KEY = 'ns1/svc1:p80/TCP';

function addresses(...slices: ReturnType<typeof slice>[]): string[] | undefined {
  return endpointsOf('ns1/svc1', slices, 4, NODE)
    .get(KEY)
    ?.map((endpoint) => endpoint.address);
}

describe('endpointsOf', () => {
  it('merges slices in address order, as text: 10 comes before 2', () => {
    expect(addresses(slice(['10.0.0.2', '10.0.0.10']), slice(['10.0.0.1'], { name: 'b' }))).toEqual(
      ['10.0.0.10:80', '10.0.0.1:80', '10.0.0.2:80'].sort(),
    );
  });

  it('takes an endpoint once; the local one of two', () => {
    const [endpoint, ...others] =
      endpointsOf(
        'ns1/svc1',
        [slice([{ ip: '10.0.0.1', nodeName: NODE }]), slice(['10.0.0.1'], { name: 'b' })],
        4,
        NODE,
      ).get(KEY) ?? [];
    expect(others).toEqual([]);
    expect(endpoint?.isLocal).toBe(true);
  });

  it('reads conditions that are not set as ready and serving', () => {
    const [plain, unready] = endpointsOf(
      'ns1/svc1',
      [slice(['10.0.0.1', { ip: '10.0.0.2', conditions: { ready: false, serving: true, terminating: true } }])],
      4,
      NODE,
    ).get(KEY)!;
    expect(plain).toMatchObject({ isReady: true, isServing: true, isTerminating: false });
    expect(unready).toMatchObject({ isReady: false, isServing: true, isTerminating: true });
  });

  it('passes over slices of the other family, ports without a number and addresses that are none', () => {
    expect(addresses(slice(['fd00::1'], { family: 6 }))).toBeUndefined();
    expect(addresses(slice(['10.0.0.1'], { ports: [{ name: 'p80' }] }))).toBeUndefined();
    expect(addresses(slice(['10.0.0.1 -j DROP', 'fd00::1']))).toEqual([]);
  });

  it('knows whose a slice is', () => {
    expect(serviceKeyOf(slice([]))).toBe('ns1/svc1');
    expect(serviceKeyOf({ metadata: { namespace: 'ns1', name: 'x' } } as never)).toBeUndefined();
  });
});
