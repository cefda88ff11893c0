import { inspect } from 'node:util';

/**
 * A key or token that never prints itself: logs, JSON and `util.inspect` show `[secret]`.
 *
 * @example
 * import { Secret } from '#src/base/secret.ts';
 *
 * const key = new Secret('sk-123');
 * `${key} ${key.reveal()}`; // '[secret] sk-123'
 */
export class Secret {
  #value;

  static {
    // Keeps the key out of `console.log`. A member with this computed key could not declare its type.
    Object.defineProperty(Secret.prototype, inspect.custom, {
      value: () => '[secret]',
    });
  }

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the key itself. Only the request that carries it may ask. */
  reveal(): string {
    return this.#value;
  }

  /** Replaces the value for all holders of the secret. */
  replaceValue(replacement: Secret): void {
    this.#value = replacement.#value;
  }

  /** Keeps the key out of texts that are put together. */
  toString(): string {
    return '[secret]';
  }

  /** Keeps the key out of JSON, such as a line of the log. */
  toJSON(): string {
    return '[secret]';
  }
}
