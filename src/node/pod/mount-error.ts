/** A volume that cannot be set up: FailedMount. */
export class MountError extends Error {
  override readonly name = 'MountError';
}
