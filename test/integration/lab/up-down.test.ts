import { existsSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namespaceOf } from '../../../src/kernel/processes.ts';
import { down } from '../../../src/lab/down.ts';
import { connectLab, upLab } from '../../../src/lab/open-lab.ts';
import { readRecord } from '../../../src/lab/record.ts';
import { stateDirectory } from '../../../src/lab/state-directory.ts';
import { expectNothingLeft, leavingNothing, processesOf, uniqueLabName, withLab } from './fixture.ts';

describe('up and down', () => {
  it('builds the namespaces of the plan, in a state directory only its user may enter', async () => {
    await withLab({}, async (lab) => {
      const names = readdirSync('/run/netns').filter((netns) => netns.startsWith(`${lab.name}.`));
      expect(names).toEqual(
        expect.arrayContaining(
          ['fabric', 'gateway', 'client', 'cloud', 'control-plane', 'node-1', 'node-2'].map(
            (host) => `${lab.name}.${host}`,
          ),
        ),
      );
      const directory = stateDirectory(lab.name);
      expect(statSync(directory.path).mode & 0o777).toBe(0o700);
      for (const file of [directory.socket, directory.kubeconfig, directory.record])
        expect({ file, mode: statSync(file).mode & 0o777 }).toEqual({ file, mode: 0o600 });
    });
  });

  it('keeps the daemon in a network namespace that is neither the host’s nor a node’s', async () => {
    await withLab({}, async (lab) => {
      const { processes, namespaces } = readRecord(stateDirectory(lab.name).record);
      const { pid } = processes.findLast(({ role }) => role === 'daemon')!;
      const others = [...namespaces.values(), statSync('/proc/self/ns/net').ino];
      // Polled: the daemon steps into a node's namespace for as long as it takes to open a socket there.
      await expect.poll(() => namespaceOf(`/proc/${pid}/ns/net`)).toSatisfy((own) => own > 0 && !others.includes(own));
    });
  });

  it('refuses a second up of a living lab, which goes on undisturbed', async () => {
    await withLab({}, async (lab) => {
      await expect(upLab({ name: lab.name })).rejects.toMatchObject({
        message: `the lab "${lab.name}" is up already`,
        remedy: expect.stringContaining(`podwire down --name ${lab.name}`),
      });
      expect((await lab.snapshot()).nodes.every(({ ready }) => ready)).toBe(true);
    });
  });

  it('refuses a second up while the first is at it', async () => {
    const name = uniqueLabName();
    await leavingNothing(name, async () => {
      const results = await Promise.allSettled([upLab({ name }), upLab({ name })]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });
  });

  it('keeps two labs apart: the same addresses in both, and down of one leaves the other', async () => {
    await withLab({}, async (one) => {
      await withLab({}, async (two) => {
        for (const lab of [one, two]) {
          const { stdout } = await lab.exec('node-1', ['ip', '-4', '-o', 'addr', 'show', 'eth0']);
          expect(stdout).toContain('192.168.1.11/24');
        }
      });
      const { exitCode } = await one.exec('client', ['ping', '-c1', '-W2', '192.168.1.11']);
      expect(exitCode).toBe(0);
    });
  });

  it('is idempotent, and safe when several downs run at once', async () => {
    const name = uniqueLabName();
    await leavingNothing(name, async () => {
      (await upLab({ name })).close();
      const processes = processesOf(name);
      const removed = await Promise.all([down(name), down(name), down(name)]);
      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await down(name)).toBe(false);
      expectNothingLeft(name, processes);
    });
  });

  it('lets another process connect', async () => {
    await withLab({ nodes: 2 }, async ({ name }) => {
      const again = await connectLab(name);
      expect((await again.snapshot()).nodes.map((node) => node.name)).toEqual(['control-plane', 'node-1']);
      again.close();
    });
  });

  it('says so when there is no lab of that name', async () => {
    const name = uniqueLabName();
    await expect(connectLab(name)).rejects.toMatchObject({ message: `there is no lab "${name}"` });
    expect(existsSync(stateDirectory(name).path)).toBe(false);
  });
});
