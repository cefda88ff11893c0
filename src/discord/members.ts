import {
  type Client,
  DiscordAPIError,
  type Guild,
  type GuildMember,
  RESTJSONErrorCodes,
} from 'discord.js';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Members } from '#src/ports/command-ports.ts';

/** discord.js itself would wait through rate limits and retries. */
const readMs = 5_000;

/** Opens reading of members. One who has left is forgotten. */
export function openMembers(client: Client<true>): Members {
  return {
    async refreshMember(guildId, personId, signal) {
      const guild = client.guilds.cache.get(guildId);
      if (!guild) return;
      try {
        await readMember(guild, personId, signal);
      } catch (error) {
        if (!(error instanceof BotError && isUnknownMember(error.cause))) throw error;
        guild.members.cache.delete(personId);
      }
    },
  };
}

function isUnknownMember(cause: unknown) {
  return (
    cause instanceof DiscordAPIError && cause.code === RESTJSONErrorCodes.UnknownMember
  );
}

/** Reads a member and the roles from Discord. Throws BotError `discord.unreachable`. */
export async function readMember(
  guild: Guild,
  personId: PersonId,
  signal: AbortSignal,
): Promise<GuildMember> {
  // Without the members intent Discord reports no changes.
  const either = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  try {
    either.throwIfAborted();
    return await waitUnlessAborted(
      guild.members.fetch({ user: personId, force: true }),
      either,
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw new BotError(
      'discord.unreachable',
      true,
      `Server ${guild.id}: roles of a member could not be read.`,
      cause,
    );
  }
}
