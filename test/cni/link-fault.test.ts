import { describe, expect, it } from 'vitest';
import { isWhole, type Link, type LinkFault, needsNetem, planLinkFault } from '../../src/cni/link-fault.ts';

const LINK: Link = { near: { netns: 't.node-1', device: 'eth0' }, far: { netns: 't.fabric', device: 'node-1' } };

function lines(fault: LinkFault): string[] {
  return planLinkFault(LINK, fault).flatMap(({ netns, batches }) =>
    batches.map((batch) => {
      const text =
        batch.tool === 'command' ? batch.argv.join(' ') : JSON.stringify(batch.tool === 'ip' ? batch.ops : batch);
      return `${netns}: ${text}`;
    }),
  );
}

describe('a fault of a link', () => {
  it('cut: the far end goes down, so that the near end keeps its routes', () => {
    expect(lines({ cut: true })).toMatchInlineSnapshot(`
      [
        "t.node-1: tc qdisc del dev eth0 root",
        "t.fabric: tc qdisc del dev node-1 root",
        "t.fabric: [{"op":"link-set","name":"node-1","down":true}]",
      ]
    `);
  });

  it('with a rate and a largest packet: the bucket is one packet with its Ethernet header, at both ends', () => {
    expect(lines({ rate: 10_000_000, mtu: 1280 })).toMatchInlineSnapshot(`
      [
        "t.node-1: tc qdisc del dev eth0 root",
        "t.node-1: tc qdisc add dev eth0 root handle 1: tbf rate 10000000bit burst 1294b limit 65550b",
        "t.fabric: tc qdisc del dev node-1 root",
        "t.fabric: tc qdisc add dev node-1 root handle 1: tbf rate 10000000bit burst 1294b limit 65550b",
        "t.fabric: [{"op":"link-set","name":"node-1","up":true}]",
      ]
    `);
  });

  it('with a rate alone: the bucket takes a whole GSO buffer', () => {
    expect(lines({ rate: 10_000_000 })[1]).toContain('tbf rate 10000000bit burst 65550b limit 65550b');
    expect(lines({ rate: 1_000_000_000 })[1]).toContain('burst 1250000b limit 6250000b');
  });

  it('with delay, loss and a rate: netem, and the rate below it', () => {
    expect(
      lines({ delayMs: 50, jitterMs: 10, lossPercent: 5, reorderPercent: 25, rate: 1_000_000 }),
    ).toMatchInlineSnapshot(`
      [
        "t.node-1: tc qdisc del dev eth0 root",
        "t.node-1: tc qdisc add dev eth0 root handle 1: netem delay 50ms 10ms loss 5% reorder 25%",
        "t.node-1: tc qdisc add dev eth0 parent 1:1 handle 10: tbf rate 1000000bit burst 65550b limit 65550b",
        "t.fabric: tc qdisc del dev node-1 root",
        "t.fabric: tc qdisc add dev node-1 root handle 1: netem delay 50ms 10ms loss 5% reorder 25%",
        "t.fabric: tc qdisc add dev node-1 parent 1:1 handle 10: tbf rate 1000000bit burst 65550b limit 65550b",
        "t.fabric: [{"op":"link-set","name":"node-1","up":true}]",
      ]
    `);
  });

  it('none: what there was is taken away, and the far end is up', () => {
    expect(lines({})).toMatchInlineSnapshot(`
      [
        "t.node-1: tc qdisc del dev eth0 root",
        "t.fabric: tc qdisc del dev node-1 root",
        "t.fabric: [{"op":"link-set","name":"node-1","up":true}]",
      ]
    `);
  });

  it('needs netem for what happens to single packets only', () => {
    expect([{ delayMs: 1 }, { lossPercent: 1 }, { reorderPercent: 1, delayMs: 1 }].map(needsNetem)).toEqual([
      true,
      true,
      true,
    ]);
    expect([{}, { cut: true }, { rate: 1 }, { mtu: 1280 }, { delayMs: 0 }].map(needsNetem)).toEqual(
      Array(5).fill(false),
    );
    expect([{}, { cut: false }, { lossPercent: 0 }].map(isWhole)).toEqual([true, true, true]);
    expect([{ cut: true }, { rate: 1 }, { mtu: 1280 }, { delayMs: 1 }].map(isWhole)).toEqual(Array(4).fill(false));
  });
});
