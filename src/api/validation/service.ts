import type { Service } from '../../objects/wire.ts';
import type { FieldError } from '../field-error.ts';
export function validateService(_object: Service): FieldError[] {
  return [];
}
export function validateServiceUpdate(_object: Service, _previous: Service): FieldError[] {
  return [];
}
