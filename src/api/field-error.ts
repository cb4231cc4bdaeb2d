/** One cause of an `Invalid` answer, in the words of Kubernetes' field package. */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueNotSupported'
  | 'FieldValueNotFound'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid';

export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.ports[0].nodePort`. */
  readonly field: string;
  /** Without the field's name: `Invalid value: 70000: must be between 1 and 65535, inclusive`. */
  readonly message: string;
}
