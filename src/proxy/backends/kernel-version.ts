/** Versions of the kernel as numbers that compare. */

/** Of what `uname -r` prints (`6.1.0-13-amd64`), its first two parts; 0 where there are none. */
export function kernelVersion(release: string): number {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) * 1000 + Number(minor);
}
