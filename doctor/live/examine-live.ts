import { platform, release } from 'node:os';
import { runningBot } from '#doctor/discord/running-bot.ts';
import type { DoctorProbe } from '#doctor/doctor-probe.ts';
import packageJson from '#package.json' with { type: 'json' };
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { openVoiceTrial, voiceVersions } from '#src/discord/account/voice-trial.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { type Finding, missing, ok, tryProbe } from '#src/probes/probe.ts';
import { permission } from '#src/probes/voice-probes.ts';
import { findPlace } from './live-place.ts';
import { type LiveCheck, leave, liveProbes } from './live-probes.ts';

/** Time, in ms, for a probe beyond its own waits, and the longest in which a voice link must open, as for the bot. */
const [probeMs, connectMs] = [60_000, 15_000];

/** Checks the bot live in a voice channel; its findings name nobody. */
export const liveCheck: DoctorProbe = {
  name: 'gateway',
  async *run({ clock, config, deadlineMs, live, signal = new AbortController().signal }) {
    const { discord: login } = config;
    if (!login || !live) throw new Error('a live check needs a bot');
    yield 'Live check';
    yield ok('versions', versions(clock));
    const who = await runningBot(config);
    if (who !== undefined) {
      const why = `not started: ${who} with these settings, and the check would remove that bot from its channel`;
      return yield missing(
        'live check',
        why,
        'stop the bot, or run /settings check in its channel',
      );
    }
    const account = { token: login.token.reveal(), apiUrl: login.apiUrl };
    using rest = new AccountRest(account);
    const found = await findPlace(rest, live.channelId, signal);
    if ('verdict' in found) return yield found;
    const place = found;
    const { recommendedShards: shards } = await readGatewayLimits(rest, signal);
    const limits = { shards, connectMs: Math.min(connectMs, deadlineMs), clock };
    await using trial = await openVoiceTrial(account, place, limits, signal);
    yield ok('gateway', 'logged in');
    const { silenceMs } = live;
    const check: LiveCheck = { trial, rest, place, silenceMs };
    const deadline = { clock, deadlineMs: silenceMs + probeMs };
    try {
      for (const probe of liveProbes) {
        const finding = await tryProbe(probe, check, { ...deadline, signal });
        yield finding;
        if (ends(finding)) break;
      }
    } finally {
      yield await tryProbe(leave, check, deadline);
    }
  },
};

/** Where the bot may not be there, or a person sent it away, nothing more is tried. */
function ends({ what, verdict, error }: Finding): boolean {
  if (what === permission.name) return verdict === 'missing';
  return error instanceof BotError && error.code === 'link.lost' && !error.retryable;
}

function versions(clock: Clock): string {
  const machine = `Node ${process.versions.node}, ${platform()} ${process.arch} ${release()}`;
  const time = new Date(clock.wallMs()).toISOString().slice(0, 16);
  return `Parley ${packageJson.version}, ${machine}, ${voiceVersions}, ${time} UTC`;
}
