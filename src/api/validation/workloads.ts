import type { FieldError } from '../field-error.ts';

const none = (): FieldError[] => [];
export const validateDeployment = none;
export const validateDeploymentUpdate = none;
export const validateReplicaSet = none;
export const validateReplicaSetUpdate = none;
export const validateReplicationController = (_object: unknown, _context: unknown): FieldError[] => [];
export const validateStatefulSet = none;
export const validateStatefulSetUpdate = none;
export const validateDaemonSet = none;
export const validateDaemonSetUpdate = none;
