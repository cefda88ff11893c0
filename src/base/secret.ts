import { inspect } from 'node:util';

/** A key or token that does not print itself: logs, JSON and `util.inspect` show `[secret]`. */
export class Secret {
  #value;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one call that sends it. */
  reveal(): string {
    return this.#value;
  }

  /** Takes another's value: holders of this one send it from now on. */
  takeValueOf(other: Secret): void {
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
