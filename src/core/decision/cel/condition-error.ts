/** A condition that cannot be accepted; `offset` points into its expression. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
  readonly code = 'InvalidCondition';
  readonly offset: number;

  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}
