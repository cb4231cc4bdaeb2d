import { describe, expect, it } from 'vitest';
import { distribution, installCommand, isInstalled, moduleRemedy } from '../../src/kernel/packages.ts';

describe('installCommand', () => {
  it.each([
    ['ID=debian', 'apt-get install -y conntrack'],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', 'apt-get install -y conntrack'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'dnf install -y conntrack-tools'],
    ['ID=alpine', 'apk add conntrack-tools'],
    ['ID=arch', 'pacman -S --noconfirm conntrack-tools'],
    ['ID=nixos', 'install conntrack'],
  ])('on %j', (osRelease, command) => {
    expect(installCommand('conntrack', distribution(osRelease), true)).toBe(command);
  });

  it('asks an ordinary user for sudo', () => {
    expect(installCommand('nft', 'debian', false)).toBe('sudo apt-get install -y nftables');
  });
});

it('isInstalled looks along PATH', () => {
  expect(isInstalled('sh')).toBe(true);
  expect(isInstalled('no-such-tool')).toBe(false);
});

it('names the option of a kernel that has no such module', () => {
  expect(moduleRemedy({ module: 'no_such_module', option: 'CONFIG_NO_SUCH' })).toMatch(
    /^a kernel with CONFIG_NO_SUCH /,
  );
});
