import { platform, release } from 'node:os';
import { runningBot } from '#doctor/discord/running-bot.ts';
import type { Report } from '#doctor/report.ts';
import packageJson from '#package.json' with { type: 'json' };
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { openVoiceTrial, voiceVersions } from '#src/discord/account/voice-trial.ts';
import { readGatewayLimits } from '#src/discord/shards/gateway-limits.ts';
import { differs, type Finding, failure, isUsable, ok, tryProbe } from '#src/probes/probe.ts';
import { permission } from '#src/probes/voice-probes.ts';
import { findPlace } from './live-place.ts';
import { type LiveCheck, leave, liveProbes } from './live-probes.ts';

export type LiveOptions = {
  readonly config: Config;
  readonly place: NonNullable<Config['discord']>;
  /** Channel to check; absent: where the operator sits. */
  readonly channelId?: string;
  /** Time, in ms, for which the bot sits there and nothing is done. */
  readonly silenceMs: number;
  /** Deadline, in ms, for a voice link. */
  readonly connectMs: number;
  readonly clock: Clock;
};

const plan =
  'The bot hears no person. It joins, plays a tone, cuts its connections on purpose, posts a message and deletes it, stays silent, moves to an empty channel and back, and leaves. Ctrl+C ends the check.';
/** Time, in ms, for a probe beyond its own waits. */
const probeMs = 60_000;
/** Exit codes: a token that Discord refuses, and Ctrl+C. */
const [misconfigured, interrupted] = [78, 130];

/** Checks the bot live in a voice channel; the report names nobody. Returns the exit code. */
export async function examineLive(
  options: LiveOptions,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const { config, clock } = options;
  report.line(plan);
  report.section('Live check');
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    report.findings([finding]);
  };
  tell(ok('versions', versions(clock)));
  const who = await runningBot(config, clock);
  if (who !== undefined) {
    const why = `not started: ${who} with these settings, and the check would remove that bot from its channel`;
    tell(differs('live check', why, 'stop the bot, or run /settings check in its channel'));
    return 1;
  }
  try {
    await check(options, tell, signal);
  } catch (error) {
    if (!signal.aborted) tell(failure('gateway', error));
    if (error instanceof BotError && error.code === 'discord.bad_token') return misconfigured;
  }
  const problems = findings.filter(({ verdict }) => verdict !== 'ok').length;
  if (signal.aborted) report.line('Ctrl+C ended the check early.');
  report.line(`Problems: ${problems}. The lines above hold no ids, names, tokens or addresses.`);
  if (signal.aborted) return interrupted;
  return findings.every(isUsable) ? 0 : 1;
}

async function check(
  { clock, connectMs, place, silenceMs, channelId }: LiveOptions,
  tell: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<void> {
  const { apiUrl, token } = place;
  const login = { token: token.reveal(), apiUrl };
  using rest = new AccountRest(login, clock);
  const found = await findPlace(rest, channelId, signal);
  if (!('channels' in found)) return tell(found);
  const [channel, ...others] = found.channels;
  const { recommendedShards: shards } = await readGatewayLimits(rest, signal);
  await using trial = await openVoiceTrial(login, channel, { shards, connectMs, clock }, signal);
  tell(ok('gateway', 'logged in'));
  const live: LiveCheck = { trial, rest, place: channel, others, silenceMs };
  const deadline = { clock, deadlineMs: silenceMs + probeMs };
  try {
    for (const probe of liveProbes) {
      const finding = await tryProbe(probe, live, { ...deadline, signal });
      tell(finding);
      if (ends(finding)) break;
    }
  } finally {
    tell(await tryProbe(leave, live, deadline));
  }
}

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
