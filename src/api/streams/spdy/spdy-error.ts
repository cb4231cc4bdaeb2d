/** What ends a connection: the other end does not keep to the protocol, or to our limits. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}
