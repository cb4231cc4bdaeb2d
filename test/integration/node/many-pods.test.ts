/** A hundred pods at once on one node: all become Ready and answer; the time is printed, not judged. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PODS } from '../../../src/objects/resource.ts';
import type { Container } from '../../../src/objects/wire.ts';
import { eventually, isReady, startLabNode } from './lab-node.ts';

let lab: Awaited<ReturnType<typeof startLabNode>>;

beforeAll(async () => {
  lab = await startLabNode('many');
});
afterAll(() => lab?.stop());

describe('a hundred pods', () => {
  it('become Ready together, answer each for itself, and leave nothing', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `web-${index}`);
    const createdAt = performance.now();
    for (const name of names)
      await lab.createPod(name, { containers: [{ name: 'main', image: 'nginx' } as Container] });
    const appliedAt = performance.now();
    const pods = await eventually(async () => {
      const { items } = await lab.transport.list(PODS);
      return items.every(isReady) ? items : false;
    });
    const readyAt = performance.now();
    expect(new Set(pods.map(({ status }) => status?.podIP)).size).toBe(100);
    const urls = pods.map(({ status }) => `http://${status?.podIP}/`);
    const { stdout } = await lab.kernel.read(lab.netns, ['curl', '-sS', '--max-time', '20', ...urls]);
    expect(new Set(stdout.match(/^pod: .*/gm))).toEqual(new Set(names.map((name) => `pod: ${name}`)));
    const deletedAt = performance.now();
    await Promise.all(names.map((name) => lab.deletePod(name)));
    await eventually(async () => (await lab.transport.list(PODS)).items.length === 0);
    const goneAt = performance.now();
    console.log(
      `created in ${Math.round(appliedAt - createdAt)} ms, ready ${Math.round(readyAt - appliedAt)} ms later; ` +
        `gone ${Math.round(goneAt - deletedAt)} ms after the delete`,
    );
    expect(lab.warnings).toEqual([]);
  });
});
