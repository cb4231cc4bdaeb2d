import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/kernel/kernel.ts';
import { RecordingKernel } from '../../src/kernel/recording-kernel.ts';
import { ReplayingKernel, type TranscriptEntry, transcribing } from '../../src/kernel/replaying-kernel.ts';

describe('RecordingKernel', () => {
  it('keeps what it was asked as shell text', async () => {
    const recording = new RecordingKernel();
    const kernel: Kernel = recording;
    await kernel.createNamespaces(['lab.a']);
    await kernel.run('lab.a', [
      { tool: 'ip', ops: [{ op: 'link-delete', name: 'cni0' }] },
      { tool: 'ip', ops: [] },
      { tool: 'sysctl', values: { 'net.ipv4.ip_forward': 1 } },
    ]);
    expect(recording.take()).toBe(`ip -batch - <<'EOF'
netns add lab.a
EOF
ip -n lab.a -batch - <<'EOF'
link delete dev cni0
EOF
ip netns exec lab.a sysctl -w net.ipv4.ip_forward=1
`);
    await kernel.deleteNamespaces(['lab.a', 'lab.b']);
    expect(recording.dump()).toBe("ip -force -batch - <<'EOF'\nnetns delete lab.a\nEOF\n");
    expect(() => kernel.namespaceInode('lab.a')).toThrow('no network namespace of that name');
  });

  it('starts nothing, yet a process can be ended', async () => {
    const child = new RecordingKernel().spawn('lab.a', ['sleep', '60']);
    child.kill('SIGKILL');
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

describe('ReplayingKernel', () => {
  it('answers what was written down, in order, and nothing else', async () => {
    let count = 0;
    const source = new RecordingKernel((_netns, argv) => {
      count += 1;
      return { stdout: `${argv.join(' ')} ${count}`, stderr: '', exitCode: 0 };
    });
    const transcript: TranscriptEntry[] = [];
    const view = transcribing(source, transcript);
    await view.read('a', ['ip', 'link']);
    await view.read('a', ['ip', 'link']);
    await view.read('a', ['nft', '-f', '-'], 'list ruleset');

    const replaying = new ReplayingKernel(JSON.parse(JSON.stringify(transcript)));
    const ask = async (...argv: [string, ...string[]]) => (await replaying.read('a', argv)).stdout;
    expect([await ask('ip', 'link'), await ask('ip', 'link'), await ask('ip', 'link')]).toEqual([
      'ip link 1',
      'ip link 2',
      'ip link 2',
    ]);
    expect((await replaying.read('a', ['nft', '-f', '-'], 'list ruleset')).stdout).toBe('nft -f - 3');
    await expect(ask('ip', 'route')).rejects.toThrow('the transcript has no answer for: ip route');
  });
});
