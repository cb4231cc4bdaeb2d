/** What a message needs to know of the namespace it is for. */
export interface Lookup {
  /** The index of a device; throws ENODEV when there is none of that name. */
  ifindex(device: string): number;
  /** A descriptor of another namespace, open as long as the messages are sent. */
  namespace(netns: string): number;
}
