import { readAccount, readGuildNames } from '#src/discord/account/account.ts';
import type { AccountRest } from '#src/discord/account/account-rest.ts';
import { readSeat, readVoicePlace } from '#src/discord/account/guild-rights.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { differs, type Finding, missing } from '#src/probes/probe.ts';

const what = 'channel';
/** Most servers and owners of the application whose seats are read. */
const [mostGuilds, mostOwners] = [50, 10];
const naming = 'right-click the channel, Copy Link, and run npm run doctor -- --live LINK';

/**
 * Finds the channel by REST, without a login: the one with this id, or where the operator sits. Errors and abort: as
 * `AccountRest.read`.
 */
export async function findPlace(
  rest: AccountRest,
  channelId: string | undefined,
  signal: AbortSignal,
): Promise<ChannelRef | Finding> {
  const id = channelId ?? (await ownersSeat(rest, signal));
  if (id === undefined) {
    const why = 'you are in no voice channel of a server where the bot is';
    return missing(what, why, `join a voice channel, or name one: ${naming}`);
  }
  const place = await readVoicePlace(rest, id, signal);
  if (!place) {
    const mend = `${naming}; allow View Channel for the bot's role`;
    return missing(what, 'the bot cannot see this voice channel', mend);
  }
  const { guildId } = place;
  if ((await readSeat(rest, { guildId }, signal)) !== undefined) {
    const why = 'not started: another process with this token is in a voice channel of that server';
    return differs(what, why, 'stop that process and wait a minute, then try again');
  }
  return { guildId, channelId: id, name: 'channel 1' };
}

/** Id of the voice channel in which an owner of the application sits. */
async function ownersSeat(rest: AccountRest, signal: AbortSignal): Promise<string | undefined> {
  const { ownerIds } = await readAccount(rest, signal);
  const guilds = await readGuildNames(rest, signal);
  for (const { id: guildId } of guilds.slice(0, mostGuilds)) {
    for (const userId of ownerIds.slice(0, mostOwners)) {
      const seat = await readSeat(rest, { guildId, userId }, signal);
      if (seat !== undefined) return seat;
    }
  }
  return undefined;
}
