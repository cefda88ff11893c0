import type { SessionDependencies } from '#src/session/dependencies.ts';

/** Everything the bot answers to in one server. */
export function namesIn(
  guildId: string,
  { names, places }: Pick<SessionDependencies, 'names' | 'places'>,
): readonly string[] {
  return [...new Set([places.botName(guildId), ...names])];
}
