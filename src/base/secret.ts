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

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Replaces the value for all holders of the secret. */
  replaceValue(other: Secret) {
    this.#value = other.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
