import { oneLine } from '#src/texts/plain.ts';

/** A name as Discord sent it, on one line, where that is text; discord.js types it so, and hands on whatever came. */
export function textOr(name: unknown, otherwise: string): string {
  return typeof name === 'string' ? oneLine(name) : otherwise;
}
