import { describe, expect, it } from 'vitest';
import { KubeletAuthority } from '../../../src/node/server/kubelet-authority.ts';
import type { Transport } from '../../../src/objects/transport.ts';

interface Asked {
  readonly spec: { readonly token?: string; readonly user?: string; readonly resourceAttributes?: object };
}

/** An API that knows `good` and `poor`, of whom the first may use nodes/proxy; and how often it was asked. */
function authority(fails = false) {
  const asked: Asked['spec'][] = [];
  const transport = {
    create: async (_type: object, { spec }: Asked) => {
      asked.push(spec);
      if (fails) throw new Error('connection refused');
      const { token, user } = spec;
      if (token === undefined) return { status: { allowed: user === 'good' } };
      const known = token === 'good' || token === 'poor';
      return { status: { authenticated: known, user: { username: token, groups: [] } } };
    },
  } as unknown as Transport;
  return { asked, authority: new KubeletAuthority(transport, 'node-1', 'the-api') };
}

describe('who may ask a kubelet', () => {
  it('is the API server, by the token they share, without asking', async () => {
    const { asked, authority: kubelet } = authority();
    expect(await kubelet.judge('Bearer the-api')).toBe('allowed');
    expect(asked).toEqual([]);
  });

  it.each([
    ['nobody', undefined, 'unauthorized'],
    ['other schemes', 'Basic dGhlLWFwaQ==', 'unauthorized'],
    ['an unknown token', 'Bearer bad', 'unauthorized'],
    ['one who may not', 'Bearer poor', 'forbidden'],
    ['one who may', 'Bearer good', 'allowed'],
  ])('%s', async (_title, header, verdict) => {
    expect(await authority().authority.judge(header)).toBe(verdict);
  });

  it('is asked of the API once for many requests, about this node', async () => {
    const { asked, authority: kubelet } = authority();
    await Promise.all([kubelet.judge('Bearer good'), kubelet.judge('Bearer good')]);
    await kubelet.judge('Bearer good');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatchObject({
      user: 'good',
      resourceAttributes: { verb: 'get', resource: 'nodes', subresource: 'proxy', name: 'node-1' },
    });
  });

  it('is not known while the API does not answer, and asked again', async () => {
    const { asked, authority: kubelet } = authority(true);
    await expect(kubelet.judge('Bearer good')).rejects.toThrow('connection refused');
    await expect(kubelet.judge('Bearer good')).rejects.toThrow('connection refused');
    expect(asked).toHaveLength(2);
  });
});
