/** What the kinds with a pod template have in common. */
import type { PodTemplateSpec } from '../../objects/wire.ts';
import { defaultPodSpec } from './pod-defaults.ts';

/** Defaults of a template; `creationTimestamp: null`, which Go clients send, is already gone. */
export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec !== undefined) defaultPodSpec(template.spec);
}
