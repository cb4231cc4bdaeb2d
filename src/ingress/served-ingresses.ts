/**
 * Which Ingresses a controller serves: those whose IngressClass names it, by `spec.ingressClassName` or the annotation from before there
 * were classes. Pure. An Ingress without a class is nobody's (admission gives a new one the default class, where there is one).
 */
import type { Ingress, IngressClass } from '../objects/wire.ts';

export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** The Ingresses of the controller named `controller`, the oldest first: of two that say the same, that one counts. */
export function servedIngresses(
  ingresses: readonly Ingress[],
  classes: readonly IngressClass[],
  controller: string,
): Ingress[] {
  const own = new Set(
    classes.filter(({ spec }) => spec?.controller === controller).map(({ metadata }) => metadata?.name),
  );
  return ingresses.filter((ingress) => own.has(classNameOf(ingress))).sort(byAge);
}

function classNameOf({ metadata, spec }: Ingress): string | undefined {
  return spec?.ingressClassName ?? metadata?.annotations?.[CLASS_ANNOTATION];
}

function byAge(a: Ingress, b: Ingress): number {
  const key = ({ metadata }: Ingress) =>
    `${metadata?.creationTimestamp ?? ''} ${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
  return key(a) < key(b) ? -1 : 1;
}
