/** What a Service asks of the load balancer and cannot have as it stands; `message` says why. Trying again would change nothing. */
export class LoadBalancerRefusal extends Error {
  override readonly name = 'LoadBalancerRefusal';
}
