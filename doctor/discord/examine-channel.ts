import { differs, missing, type ReportLine } from '#doctor/finding.ts';
import type { Report } from '#doctor/report.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import { readAccount, readLoginBudget } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { visitChannel } from '#src/discord/account/channel-trial.ts';
import {
  type ChannelRights,
  readGuildRights,
  readSeat,
  readVoicePlace,
} from '#src/discord/account/guild-rights.ts';
import { rightNames } from '#src/discord/account/rights.ts';
import { failedVisit, visitLines } from './channel-findings.ts';
import type { DiscordPlace } from './examine-discord.ts';
import { askRunningBot, runningBot } from './running-bot.ts';

/** Long enough for IP discovery, an end-to-end group, and a heartbeat of UDP (5 s in @discordjs/voice). */
const stayMs = 5_000;

/** Where to sit, as the bot of these settings. */
export type ChannelToTry = {
  readonly config: Config;
  readonly place: DiscordPlace;
  readonly channelId: string;
  readonly clock: Clock;
};

/**
 * Sits in a voice channel for a moment, unless a bot runs with these settings: that one is asked instead. False: something
 * is missing.
 */
export async function examineChannel(
  trial: ChannelToTry,
  report: Report,
  signal: AbortSignal,
): Promise<boolean> {
  report.section(`Voice channel ${trial.channelId}`);
  const findings = await findingsOf(trial, signal);
  report.findings(findings);
  return findings.every(({ verdict }) => verdict !== 'missing');
}

async function findingsOf(
  { config, place: { token, apiUrl }, channelId, clock }: ChannelToTry,
  signal: AbortSignal,
): Promise<readonly ReportLine[]> {
  const who = await runningBot(config, clock);
  if (who !== undefined) return await askRunningBot(who, config.status);
  const login = { token: token.reveal(), ...(apiUrl && { apiUrl }) };
  using rest = new AccountRest(login, clock);
  try {
    const channel = await readVoicePlace(rest, channelId, signal);
    if (!channel) return [unknownChannel(channelId)];
    const obstacle = await obstacleTo(rest, channel, signal);
    if (obstacle) return [obstacle];
    const { recommendedShards: shards } = await readLoginBudget(rest, signal);
    const options = { stayMs, sound: [], shards, clock };
    return visitLines(channel.name, await visitChannel(login, channel, options, signal));
  } catch (error) {
    if (error instanceof BotError) return [failedVisit(error)];
    throw error;
  }
}

function unknownChannel(channelId: string): ReportLine {
  const why = `the bot cannot see a voice channel ${channelId}`;
  const mend =
    "turn on Developer Mode, right-click the channel, Copy Channel ID; allow View Channel for the bot's role";
  return missing('channel', why, mend);
}

/** Why the visit would not come about, as far as Discord tells without a login. */
async function obstacleTo(
  rest: AccountRest,
  { guildId, channelId }: { readonly guildId: string; readonly channelId: string },
  signal: AbortSignal,
): Promise<ReportLine | undefined> {
  const { botId } = await readAccount(rest, signal);
  const { channels } = await readGuildRights(rest, { guildId, botId }, signal);
  const rights = channels.find(({ id }) => id === channelId);
  const closed = rights && closedLine(rights);
  if (closed) return closed;
  const seat = await readSeat(rest, { guildId }, signal);
  if (seat === undefined) return undefined;
  const why = `not tried: another process with this token is in channel ${seat}`;
  return differs(
    'voice link',
    why,
    'run /settings check there, or stop that process and try again',
  );
}

function closedLine({ name, lacksToTalk }: ChannelRights): ReportLine | undefined {
  const closed = lacksToTalk.filter((right) => right === 'ViewChannel' || right === 'Connect');
  if (closed.length === 0) return undefined;
  const lacks = closed.map((right) => rightNames[right]).join(', ');
  const mend = `open Edit Channel of ${name}, Permissions: allow ${lacks} for the bot's role`;
  return missing('voice link', `not tried: the bot does not have ${lacks} in #${name}`, mend);
}
