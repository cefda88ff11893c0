/**
 * The question of each gate. A gate is one function, in the file that `docs/security.md` names, and it alone gives its type.
 */
export type GateName =
  /** May this person's words or sound be used? */
  | 'author'
  /** Is this effect wished, does everybody notice it, and can anybody undo it? */
  | 'wish'
  /** Does the price of this request stay known? May its addresses be asked? */
  | 'request'
  /** How long and how large is this work of a shared process, and for which server? */
  | 'job'
  /** Is this erasure the only one of its person now? */
  | 'erasure'
  /** Does this server still have a share of its shard's joins? */
  | 'join'
  /** Did somebody set this language, in place of a guess of the bot? */
  | 'language'
  /** Does this text repeat what people said? */
  | 'log';

declare const gate: unique symbol;

/**
 * A value that passed a gate. A door takes this type, so that a caller who forgot to ask does not compile. The mark exists
 * for the compiler alone. Words and sound, which are asked when they leave, are `Owned` instead.
 *
 * @example
 * import { type Admitted, admit } from '#src/base/admitted.ts';
 *
 * type Line = { readonly text: string };
 * function toLoggedLine(text: string): Admitted<Line, 'log'> {
 *   return admit('log', { text: text.slice(0, 100) });
 * }
 * function writeLog(line: Admitted<Line, 'log'>): string {
 *   return line.text;
 * }
 * // @ts-expect-error: Nobody asked whether the line repeats what people said.
 * writeLog({ text: 'A server answered 500.' });
 * writeLog(toLoggedLine('A server answered 500.')); // 'A server answered 500.'
 */
export type Admitted<Value, Gate extends GateName> = Value & {
  readonly [gate]: Gate;
};

/** Marks a value as admitted. Only the function of the gate calls this: `test/gates.test.ts` names them all. */
export function admit<Value, Gate extends GateName>(
  _gate: Gate,
  value: Value,
): Admitted<Value, Gate> {
  return value as Admitted<Value, Gate>;
}
