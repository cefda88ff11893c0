import { nearest } from '#commands/closest-names.ts';
import type { Reply } from '#src/features/contract/command.ts';

/** Reply to a name that no voice has. */
export function unknownVoice(x: string, voices: readonly string[]): Reply {
  const closest = nearest(x, voices).join(', ');
  return closest === ''
    ? { id: 'unknown', with: { x }, to: 'caller' }
    : { id: 'unknown.of', with: { x, list: closest }, to: 'caller' };
}
