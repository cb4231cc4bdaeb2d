import { describe, expect, it } from 'vitest';
import { hashOf, sameTemplate, templateHash } from '../../../src/controllers/deployment/pod-template.ts';

const template = (image: string, labels: Record<string, string> = { app: 'web' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'web', image }] },
});

describe('pod templates', () => {
  it('are the same whatever the hash label and the order of keys say', () => {
    const reordered = { spec: { containers: [{ image: 'a', name: 'web' }] }, metadata: { labels: { app: 'web' } } };
    expect(sameTemplate(template('a'), template('a', { app: 'web', 'pod-template-hash': 'x' }))).toBe(true);
    expect(sameTemplate(template('a'), reordered)).toBe(true);
    expect(templateHash(template('a'))).toBe(templateHash(reordered));
    expect(sameTemplate(template('a'), template('b'))).toBe(false);
    expect(sameTemplate(template('a'), template('a', { app: 'db' }))).toBe(false);
  });

  it('have a hash fit for names, another for each collision', () => {
    const hashes = [0, 1, 2].map((collisions) => templateHash(template('a'), collisions));
    expect(new Set(hashes).size).toBe(3);
    for (const hash of hashes) expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
  });

  it('have a hash that does not change from version to version of ours', () => {
    // A change here would roll every Deployment of a lab that is adopted.
    expect(hashOf({ b: [1, { d: 'x', c: null }], a: 'y' })).toBe(hashOf({ a: 'y', b: [1, { c: null, d: 'x' }] }));
    expect(templateHash(template('nginx:1'))).toMatchInlineSnapshot(`"5c55d58469"`);
  });
});
