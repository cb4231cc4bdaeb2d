import { describe, expect, it } from 'vitest';
import { createApiCore } from '../../src/api/create-api-core.ts';
import { InProcessTransport } from '../../src/api/in-process-transport.ts';
import { StatusWriter } from '../../src/node/status-writer.ts';
import { NAMESPACES, PODS } from '../../src/objects/resource.ts';
import type { Pod, PodStatus } from '../../src/objects/wire.ts';

const KEY = { namespace: 'default', name: 'web' };
const AT = '2026-01-01T00:00:00Z';

const ready = (status: 'True' | 'False', fields: Partial<PodStatus> = {}): PodStatus => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status, lastTransitionTime: AT }],
  ...fields,
});

/** A writer for a pod of a real API core, whose patches are counted. */
async function writerOf() {
  const core = createApiCore({ serviceCIDRs: ['10.96.0.0/12'], certificateAuthority: 'none' });
  const transport = new InProcessTransport(core);
  await transport.create(NAMESPACES, { metadata: { name: 'default' } });
  const pod: Pod = { metadata: KEY, spec: { containers: [{ name: 'main', image: 'nginx' }] } };
  const created = await transport.create(PODS, pod);
  let patches = 0;
  const counting = new Proxy(transport, {
    get(target, name) {
      if (name === 'patch') patches += 1;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const writer = new StatusWriter(counting, { ...KEY, uid: created.metadata?.uid ?? '' }, (error) => {
    throw error;
  });
  const conditions = async () => (await transport.get(PODS, KEY)).status?.conditions;
  return { transport, writer, conditions, patches: () => patches };
}

describe('a pod’s status', () => {
  it('is written once, however often it is asked for', async () => {
    const { writer, patches, conditions } = await writerOf();
    for (let i = 0; i < 3; i += 1) {
      writer.write(ready('True'));
      await writer.settled();
    }
    expect(patches()).toBe(1);
    expect(await conditions()).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  it('is written again when somebody else has changed it meanwhile', async () => {
    const { writer, transport, conditions, patches } = await writerOf();
    writer.write(ready('True'));
    await writer.settled();
    const conditionsOfOthers = [{ type: 'Ready', status: 'False', lastTransitionTime: AT }];
    const taken = { status: { conditions: conditionsOfOthers } };
    const seen = await transport.patch(PODS, KEY, 'strategic', taken, { subresource: 'status' });
    writer.observe(seen);
    writer.write(ready('True'));
    await writer.settled();
    expect(patches()).toBe(2);
    expect(await conditions()).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  it('is not written again for news that are older than the last write', async () => {
    const { writer, transport, patches } = await writerOf();
    const before = await transport.get(PODS, KEY);
    writer.write(ready('True'));
    await writer.settled();
    writer.observe(before);
    writer.write(ready('True'));
    await writer.settled();
    expect(patches()).toBe(1);
  });

  it('says which status the next one follows: never one that a watch brings late', async () => {
    const { writer, transport } = await writerOf();
    expect(writer.latest).toBeUndefined();
    writer.write(ready('False', { startTime: AT }));
    await writer.settled();
    const late = await transport.get(PODS, KEY);
    writer.write(ready('True', { startTime: AT }));
    expect(writer.latest?.conditions).toMatchObject([{ status: 'True' }]);
    await writer.settled();
    writer.observe(late);
    expect(writer.latest).toMatchObject({ startTime: AT, conditions: [{ type: 'Ready', status: 'True' }] });
  });

  it('takes back why a pod was not Ready when it is, and then has nothing more to write', async () => {
    const { writer, conditions, patches } = await writerOf();
    const unready = { reason: 'ContainersNotReady', message: 'containers with unready status: [main]' };
    const { conditions: [condition] = [], ...rest } = ready('False');
    writer.write({ ...rest, conditions: [{ ...condition!, ...unready }] });
    await writer.settled();
    expect(await conditions()).toMatchObject([unready]);
    for (let i = 0; i < 3; i += 1) {
      writer.write(ready('True'));
      await writer.settled();
    }
    expect(await conditions()).toEqual([{ type: 'Ready', status: 'True', lastTransitionTime: AT }]);
    expect(patches()).toBe(2);
  });

  it('leaves others’ conditions, and takes back fields it no longer has', async () => {
    const { writer, transport, patches } = await writerOf();
    const gate = { status: { conditions: [{ type: 'example.com/gate', status: 'True' }] } };
    writer.observe(await transport.patch(PODS, KEY, 'strategic', gate, { subresource: 'status' }));
    writer.write(ready('False', { reason: 'DeadlineExceeded', message: 'too long' }));
    await writer.settled();
    writer.write(ready('True'));
    await writer.settled();
    const { status } = await transport.get(PODS, KEY);
    expect(status?.conditions?.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
      'Ready=True',
      'example.com/gate=True',
    ]);
    expect(status).not.toHaveProperty('reason');
    expect(status).not.toHaveProperty('message');
    expect(patches()).toBe(2);
  });

  it('is written whenever it is asked for, also at the very end of the write before', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { writer, transport, conditions } = await writerOf();
      const patch = transport.patch.bind(transport);
      let asked: Promise<void> | undefined;
      transport.patch = async (...args) => {
        const answer = await patch(...(args as Parameters<typeof patch>));
        asked ??= (async () => {
          for (let turn = 0; turn < turns; turn += 1) await undefined;
          writer.write(ready('True'));
        })();
        return answer as never;
      };
      writer.write(ready('False'));
      await writer.settled();
      await asked;
      await writer.settled();
      expect({ turns, conditions: await conditions() }).toMatchObject({ turns, conditions: [{ status: 'True' }] });
    }
  });
});
