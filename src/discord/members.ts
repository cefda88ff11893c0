import type { Guild } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';

/** For one member; discord.js itself would wait through rate limits and retries. */
const readMs = 5_000;

/** Asks Discord for a member, whose changes it tells nobody without the members intent. As `VoiceLink.refresh`. */
export async function readMember(
  guild: Guild,
  personId: string,
  signal: AbortSignal,
): Promise<void> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  try {
    either.throwIfAborted();
    await unlessAborted(guild.members.fetch({ user: personId, force: true }), either);
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Server ${guild.id}: roles of a member could not be read: ${why}`;
    throw new BotError('discord.unreachable', true, message, cause);
  }
}
