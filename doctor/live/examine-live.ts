import { platform, release } from 'node:os';
import type { DoctorProbe } from '#doctor/doctor-probe.ts';
import packageJson from '#package.json' with { type: 'json' };
import { neverAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/config.ts';
import { readAccount, readGuildNames } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { readSeat, readVoicePlace } from '#src/discord/account/guild-rights.ts';
import { openVoiceTrial, voiceVersions } from '#src/discord/account/voice-trial.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import {
  type Finding,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import { permissionProbe } from '#src/probes/voice-probes.ts';
import { findDataDirOwner } from '#src/storage/data-dir/data-dir-lock.ts';
import { leaveProbe, liveProbes } from './live-probes.ts';

/** A probe may take `maxProbeMs` beside its silence. */
const [maxProbeMs, maxConnectMs] = [60_000, 15_000];

/**
 * Checks the bot live in an owner's voice channel. Findings name no person, server or
 * channel.
 */
export const liveCheckProbe: DoctorProbe = {
  name: 'gateway',
  async *run({ clock, config, deadlineMs, live, signal = neverAborted }) {
    const { discord: login } = config;
    if (!login || !live) throw new Error('a live check needs a bot');
    yield 'Live check';
    yield toOkFinding('versions', formatVersions(clock));
    const runningName = await findRunningBot(config.storage);
    if (runningName !== undefined) {
      return yield toMissingFinding(
        'live check',
        `not started: ${runningName} with these settings, and the check would remove that bot from its channel`,
        'stop the bot, or run /settings check in its channel',
      );
    }
    const account = { token: login.token.reveal(), apiUrl: login.apiUrl };
    using rest = new AccountRest(account);
    const channel = await findOwnerVoiceChannel(rest, signal);
    if ('verdict' in channel) return yield channel;
    const { recommendedShards: shards } = await readGatewayLimits(rest, signal);
    await using trial = await openVoiceTrial(
      account,
      channel,
      { shards, connectMs: Math.min(maxConnectMs, deadlineMs), clock },
      signal,
    );
    yield toOkFinding('gateway', 'logged in');
    const { silenceMs } = live;
    const check = { trial, rest, channel, silenceMs };
    const deadline = { clock, deadlineMs: silenceMs + maxProbeMs };
    try {
      for (const probe of liveProbes) {
        const finding = await tryProbe(probe, check, { ...deadline, signal });
        yield finding;
        if (isLiveCheckOver(finding)) break;
      }
    } finally {
      yield await tryProbe(leaveProbe, check, deadline);
    }
  },
};

/** Tests whether the bot may not use the channel, or was sent away. */
function isLiveCheckOver({ subject, verdict, error }: Finding) {
  if (subject === permissionProbe.name) return verdict === 'missing';
  return error instanceof BotError && error.code === 'link.lost' && !error.retryable;
}

function formatVersions(clock: Clock) {
  const machine = `Node ${process.versions.node}, ${platform()} ${process.arch} ${release()}`;
  const time = new Date(clock.wallMs()).toISOString().slice(0, 16);
  return `Parley ${packageJson.version}, ${machine}, ${voiceVersions}, ${time} UTC`;
}

const channelSubject = 'channel';
/** Each pair of server and owner takes a request. */
const [maxSeatGuilds, maxSeatOwners] = [50, 10];

/** Finds an owner's current voice channel. Throws BotError `discord.*`. */
async function findOwnerVoiceChannel(
  rest: AccountRest,
  signal: AbortSignal,
): Promise<ChannelRef | Finding> {
  const channelId = await findOwnerSeat(rest, signal);
  if (channelId === undefined) {
    return toMissingFinding(
      channelSubject,
      'no owner of the application is in a voice channel of a server where the bot is',
      'join a voice channel where the bot has View Channel and Connect',
    );
  }
  const voicePlace = await readVoicePlace(rest, channelId, signal);
  if (!voicePlace) {
    return toMissingFinding(
      channelSubject,
      'the bot cannot see your voice channel',
      "allow View Channel for the bot's role",
    );
  }
  const { guildId } = voicePlace;
  if ((await readSeat(rest, { guildId }, signal)) !== undefined) {
    return toDifferingFinding(
      channelSubject,
      'not started: another process with this token is in a voice channel of that server',
      'stop that process and wait a minute, then try again',
    );
  }
  return { guildId, channelId, name: 'channel 1' };
}

async function findOwnerSeat(rest: AccountRest, signal: AbortSignal) {
  const { ownerIds } = await readAccount(rest, signal);
  const guilds = await readGuildNames(rest, signal);
  for (const { id: guildId } of guilds.slice(0, maxSeatGuilds)) {
    for (const userId of ownerIds.slice(0, maxSeatOwners)) {
      const seat = await readSeat(rest, { guildId, userId }, signal);
      if (seat !== undefined) return seat;
    }
  }
  return undefined;
}

async function findRunningBot({ dataDir, databaseUrl }: Config['storage']) {
  const owner = findDataDirOwner(dataDir);
  if (owner) return `a bot runs as ${owner.description}`;
  if (!databaseUrl) return undefined;
  const { readDatabaseState } = await import('#src/storage/postgres/database-state.ts');
  const state = await readDatabaseState(databaseUrl).catch(() => undefined);
  const [process] = state?.processes ?? [];
  return process && `a bot runs as ${process.name}`;
}
