import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../src/api/protobuf/decode-message.ts';
import { decodeProtobuf } from '../../../src/api/protobuf/envelope.ts';
import { schemaOfKind } from '../../../src/api/protobuf/schema-of-kind.ts';
import { bytesField, flagField, message } from '../../../src/api/protobuf/write-wire.ts';

/** What `kubectl create deployment web --image=nginx --replicas=2` (1.32) sends. */
const DEPLOYMENT = Buffer.from(
  `6b387300 0a15 0a07 617070732f7631 120a 4465706c6f796d656e74 12ab01 0a1f 0a03 776562 1200 1a00 2200 2a00 3200 3800
   4200 5a0a 0a03 617070 1203 776562 127a 0802 120c 0a0a 0a03 617070 1203 776562 1a60 0a1c 0a00 1200 1a00 2200 2a00 3200
   3800 4200 5a0a 0a03 617070 1203 776562 1240 1222 0a05 6e67696e78 1205 6e67696e78 2a00 4200 6a00 7200 800100 880100
   900100 a20100 1a00 3200 4200 4a00 5200 5800 6000 6800 820100 8a0100 9a0100 c20100 2202 0a00 2800 3800 1a0c 0800 1000
   1800 2000 2800 3800 1a00 2200`.replace(/\s+/g, ''),
  'hex',
);

describe('bodies in protobuf', () => {
  it('become the JSON the same client would have sent', async () => {
    const labels = { app: 'web' };
    expect(await decodeProtobuf(DEPLOYMENT, schemaOfKind)).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', labels },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'nginx', image: 'nginx' }] } },
        strategy: {},
      },
    });
  });

  it('leave out the zero values that say nothing', async () => {
    const { spec } = (await decodeProtobuf(DEPLOYMENT, schemaOfKind)) as { spec: Record<string, object> };
    expect(spec).not.toHaveProperty('minReadySeconds');
    expect(spec).not.toHaveProperty('paused');
    expect(spec.template).not.toHaveProperty('spec.hostNetwork');
  });

  it.each([
    ['no magic', Buffer.from('{"kind":"Pod"}'), 'expected prefix'],
    ['cut short', DEPLOYMENT.subarray(0, 60), 'unexpected EOF'],
    ['a kind nobody knows', Buffer.from('6b3873000a0b0a027631120557696467', 'hex'), /EOF|no kind/],
  ])('are refused: %s', async (_what, bytes, says) => {
    await expect(decodeProtobuf(bytes, schemaOfKind)).rejects.toThrow(says);
  });
});

describe('messages', () => {
  it('times, quantities, numbers or names, maps, bytes, embedded structs', () => {
    const entry = (key: string, value: Buffer | string) => message(bytesField(1, key), bytesField(2, value));
    const port = message(
      bytesField(1, 'http'),
      [Buffer.from([0x18, 80])],
      bytesField(4, message([Buffer.from([0x08, 1])], bytesField(3, 'web'))),
    );
    expect(decodeMessage('io.k8s.api.core.v1.ServicePort', port)).toEqual({
      name: 'http',
      port: 80,
      targetPort: 'web',
    });
    const secret = message(bytesField(2, entry('key', 'value')));
    expect(decodeMessage('io.k8s.api.core.v1.Secret', secret)).toEqual({ data: { key: 'dmFsdWU=' } });
    const limits = message(bytesField(1, entry('cpu', message(bytesField(1, '100m')))));
    expect(decodeMessage('io.k8s.api.core.v1.ResourceRequirements', limits)).toEqual({ limits: { cpu: '100m' } });
    const metadata = message(bytesField(8, Buffer.from([0x08, 0x80, 0x94, 0xeb, 0xdc, 0x03])), bytesField(9, ''));
    expect(decodeMessage('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', metadata)).toEqual({
      creationTimestamp: '2001-09-09T01:46:40Z',
    });
    const volume = message(bytesField(1, 'v'), bytesField(2, message(bytesField(2, ''))));
    expect(decodeMessage('io.k8s.api.core.v1.Volume', volume)).toEqual({ name: 'v', emptyDir: {} });
  });

  it('negative numbers and lists of numbers, packed or not', () => {
    const minusOne = Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect(decodeMessage('io.k8s.api.autoscaling.v1.ScaleStatus', Buffer.from([0x08, 3]))).toEqual({ replicas: 3 });
    expect(decodeMessage('io.k8s.api.core.v1.Toleration', Buffer.from([0x28, ...minusOne.subarray(1)]))).toEqual({
      tolerationSeconds: -1,
    });
    const groups = 'io.k8s.api.core.v1.PodSecurityContext';
    const apart = decodeMessage(groups, Buffer.from([0x20, 5, 0x20, 0xac, 0x02]));
    const packed = decodeMessage(groups, Buffer.from([0x22, 3, 5, 0xac, 0x02]));
    expect(apart).toEqual({ supplementalGroups: [5, 300] });
    expect(packed).toEqual(apart);
  });

  it('writing: a false flag is no field', () => {
    expect(message(flagField(4, false), bytesField(1, undefined))).toHaveLength(0);
    expect([...message(flagField(4, true))]).toEqual([32, 1]);
  });
});
