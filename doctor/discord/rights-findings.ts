import { span } from '#doctor/span.ts';
import type { ChannelRights, GuildRights } from '#src/discord/account/guild-rights.ts';
import { type NeededRight, rightNames } from '#src/discord/account/rights.ts';
import { differs, type Finding, missing, ok } from '#src/probes/probe.ts';

/** Channels named one by one; a server may have 500. */
const mostChannels = 20;

/** Rights of the bot in a server: one line for the server, one for each voice channel that lacks a right. */
export function rightsLines(
  { name, channels, lacksInServer, timedOutUntilMs = 0 }: GuildRights,
  nowWallMs: number,
): readonly Finding[] {
  if (timedOutUntilMs > nowWallMs) {
    const why = `a moderator timed the bot out for ${span(timedOutUntilMs - nowWallMs)}: it can do nothing`;
    return [missing(name, why, 'ask a moderator to remove the time-out, or wait')];
  }
  const talking = channels.filter(({ lacksToTalk }) => lacksToTalk.length === 0);
  const lacking = channels.filter(
    ({ lacksToTalk, lacksToWrite }) => lacksToTalk.length + lacksToWrite.length > 0,
  );
  const shown = lacking.slice(0, mostChannels).map(channelLine);
  return [
    serverLine(name, channels.length, talking.length),
    ...(lacksInServer.length > 0 ? [roleLine(name, lacksInServer)] : []),
    ...shown,
  ];
}

const roleMend = "open Edit Channel, Permissions: give the bot's role the rights there";

function serverLine(name: string, count: number, talking: number): Finding {
  if (count === 0)
    return missing(name, 'the server has no voice channel', 'create one: Create Channel, Voice');
  const why = `the bot may talk in ${talking} of ${count} voice channels`;
  return talking > 0 ? ok(name, why) : missing(name, why, roleMend);
}

function roleLine(name: string, lacks: readonly NeededRight[]): Finding {
  const why = `the bot's role does not have ${words(lacks)}`;
  return differs(name, why, 'open the invite link again: it asks for the missing rights');
}

function channelLine({ name, lacksToTalk, lacksToWrite }: ChannelRights): Finding {
  const lacks = words([...lacksToTalk, ...lacksToWrite]);
  const what =
    lacksToTalk.length > 0
      ? 'it cannot talk there'
      : 'it can talk there, but its chat does not work';
  const mend = `open Edit Channel of ${name}, Permissions: allow ${lacks} for the bot's role`;
  return differs(`#${name}`, `the bot does not have ${lacks}: ${what}`, mend);
}

function words(rights: readonly NeededRight[]): string {
  return rights.map((right) => rightNames[right]).join(', ');
}
