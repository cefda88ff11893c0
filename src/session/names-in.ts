import type { SessionParts } from './parts.ts';

/** Everything the bot answers to in one server. */
export function namesIn(
  guildId: string,
  { names, places }: Pick<SessionParts, 'names' | 'places'>,
): readonly string[] {
  return [...new Set([places.botName(guildId), ...names])];
}
