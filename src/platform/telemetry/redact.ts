import { inspect } from 'node:util';

/** What stands in logs, dumps and answers in the place of a secret. */
const REDACTED = '[redacted]';

/**
 * A value that must not be printed. Only `reveal` gives it; string conversion, JSON, `util.inspect`, spreading and
 * structured clones do not, since the value is in a private field.
 */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself, at the one place that needs it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
