import { platform, release } from 'node:os';
import type { DiscordPlace } from '#doctor/discord/examine-discord.ts';
import { examineHost } from '#doctor/discord/examine-host.ts';
import { runningBot } from '#doctor/discord/running-bot.ts';
import { differs, missing, ok } from '#doctor/finding.ts';
import type { Report } from '#doctor/report.ts';
import packageJson from '#package.json' with { type: 'json' };
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Config } from '#src/config/types.ts';
import { readLoginBudget } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { codeOf, openLiveTrial, voiceVersions } from '#src/discord/account/live-trial.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { proveVoice } from '#src/discord/link/voice-link-opener.ts';
import { LiveLog } from './live-log.ts';
import { findPlace, type LivePlace, type WantedPlace } from './live-place.ts';
import { liveReport, writeLiveReport } from './live-report.ts';
import { rightsFindings } from './live-rights.ts';
import { finish, runSteps } from './live-steps.ts';

export type LiveOptions = {
  readonly config: Config;
  readonly place: DiscordPlace;
  readonly wanted: WantedPlace;
  /** Time, in ms, for which the bot sits there and nothing is done. */
  readonly silenceMs: number;
  /** Deadline, in ms, for a voice link. */
  readonly connectMs: number;
  /** Folder of the report. */
  readonly folder: string;
  readonly clock: Clock;
};

const consent =
  'The bot hears no person: it does not decrypt, decode or keep what people say in the channel.';
const plan =
  'The bot joins, cuts its connections on purpose, posts two messages and stays silent. It moves to an empty channel and back, leaves, and deletes its messages. Ctrl+C ends the check.';
const title = 'Live check';
/** Exit codes: a token that Discord refuses, and Ctrl+C. */
const [misconfigured, interrupted] = [78, 130];

/** Checks the bot live in a voice channel, and writes a report that names nobody. Returns the exit code. */
export async function examineLive(
  options: LiveOptions,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const { config, place, clock, folder } = options;
  report.line(consent);
  report.line(plan);
  if (!(await examineHost(config.dataDir, report))) return 1;
  if (await isRunning(options, report)) return 1;
  const { token, apiUrl } = place;
  const login = { token: token.reveal(), ...(apiUrl && { apiUrl }) };
  using rest = new AccountRest(login, clock);
  const log = new LiveLog(report);
  const words = new Map<string, string>();
  let code: number;
  try {
    await noteVersions(log, clock);
    code = await checkAt(options, { rest, login, log, words, report }, signal);
  } catch (error) {
    code = endedBy(error, log, signal);
  }
  if (log.findings.length === 0 || code === misconfigured) return code;
  report.line(log.summary);
  const path = writeLiveReport(liveReport(log, words), [folder, config.dataDir], clock.wallMs());
  report.line(
    path === undefined
      ? 'The doctor could not write the report: allow it to write to this folder.'
      : `The report, without ids, names, tokens and addresses. Attach it to a bug report: ${path}`,
  );
  return code;
}

/** Says so where a bot runs with these settings: Discord gives a bot one seat in a server. */
async function isRunning({ config, clock }: LiveOptions, report: Report): Promise<boolean> {
  const who = await runningBot(config, clock);
  if (who === undefined) return false;
  const why = `not started: ${who} with these settings, and the check would remove that bot from its channel`;
  const mend = 'stop the bot, then try again; or run /settings check in its channel';
  report.section(title);
  report.findings([differs('live check', why, mend)]);
  return true;
}

/** Adds the finding about an error that ended the check; returns the exit code. A bug is thrown. */
function endedBy(error: unknown, log: LiveLog, signal: AbortSignal): number {
  if (signal.aborted) {
    log.wasEnded = true;
    return interrupted;
  }
  if (!(error instanceof BotError)) throw error;
  log.add(failure(error));
  return error.code === 'discord.bad_token' ? misconfigured : 1;
}

type Checking = {
  readonly rest: AccountRest;
  readonly login: Parameters<typeof openLiveTrial>[0];
  readonly log: LiveLog;
  /** Counted words for the names and ids of the server, as soon as they are known. */
  readonly words: Map<string, string>;
  readonly report: Report;
};

async function checkAt(
  options: LiveOptions,
  checking: Checking,
  signal: AbortSignal,
): Promise<number> {
  const { rest, report, words } = checking;
  const found = await findPlace(rest, options.wanted, options.place, signal);
  if (!('channel' in found)) {
    report.section(title);
    report.findings([found]);
    return 1;
  }
  for (const [name, word] of wordsFor(found)) words.set(name, word);
  report.section(`${title} of #${found.channel.name} in ${found.guild.name}`);
  return await check(options, checking, found, signal);
}

async function check(
  { clock, connectMs, silenceMs }: LiveOptions,
  { rest, login, log }: Checking,
  found: LivePlace,
  signal: AbortSignal,
): Promise<number> {
  const { channel, guild } = found;
  const rights = rightsFindings(found, clock.wallMs());
  log.add(...rights.findings);
  if (rights.isClosed) return 1;
  const { recommendedShards: shards } = await readLoginBudget(rest, signal);
  log.facts.set('shards that Discord recommends', `${shards}`);
  const startMs = clock.nowMs();
  const events: DiscordEvent[] = [];
  const report = (event: DiscordEvent) => {
    events.push(event);
    const name = eventName(event);
    if (name) log.event(clock.nowMs() - startMs, name);
  };
  const engine = `Parley ${packageJson.version}, doctor`;
  const place = { guildId: guild.id, channelId: channel.id, name: channel.name };
  await using trial = await openLiveTrial(
    login,
    place,
    { shards, connectMs, clock, engine, report },
    signal,
  );
  log.add({ ...ok('gateway', 'logged in'), tookMs: clock.nowMs() - startMs });
  const live = { trial, place, found, log, events, clock, silenceMs, signal, ...rights };
  try {
    await runSteps(live);
  } finally {
    await finish(live, rest);
  }
  return log.isUsable ? 0 : 1;
}

async function noteVersions({ facts }: LiveLog, clock: Clock): Promise<void> {
  facts.set('Time (UTC)', new Date(clock.wallMs()).toISOString().slice(0, 16).replace('T', ' '));
  facts.set('Parley', packageJson.version);
  facts.set('Node', process.versions.node);
  facts.set('OS', `${platform()} ${process.arch} ${release()}`);
  for (const [name, version] of Object.entries(voiceVersions)) facts.set(name, version);
  const codec = await loadOpus().catch(codeOf);
  facts.set('Opus codec', typeof codec === 'string' ? codec : codec.name);
  facts.set('XChaCha20-Poly1305 by', await proveVoice().catch(codeOf));
}

/** Counted words for the names and ids of one server. */
function wordsFor({ account, channel, guild }: LivePlace): ReadonlyMap<string, string> {
  const others = guild.channels.filter(({ id }) => id !== channel.id);
  const channels = [channel, ...others].flatMap(({ id, name }, n) => [
    [name, `channel ${n + 1}`] as const,
    [id, `channel ${n + 1}`] as const,
  ]);
  return new Map([...channels, [guild.name, 'the server'], [account.name, 'the bot']]);
}

function failure(error: BotError) {
  const { code, message } = error;
  const isToken = code === 'discord.bad_token';
  const mend = isToken
    ? 'put a new token into DISCORD_TOKEN, or run npm run setup'
    : 'check the network of this machine and https://discordstatus.com, then try again';
  return {
    ...missing('gateway', 'the bot could not log in at Discord', mend),
    said: message,
    code: codeOf(error),
  };
}

/** Name of an event for the report: neither words nor ids. */
function eventName(event: DiscordEvent): string | undefined {
  switch (event.kind) {
    case 'alert':
      return `alert ${event.name} ${event.state}`;
    case 'voice-closed':
      return `voice socket closed (${event.closeCode})`;
    case 'link-opened':
      return `voice link open after ${Math.round(event.tookMs)} ms`;
    case 'link-closed':
      return `voice link closed, ${event.counts.errors} errors`;
    case 'muted':
    case 'deafened':
    case 'suppressed':
      return `${event.kind} ${event.on ? 'on' : 'off'}`;
    case 'warning':
      return ['warning', codeOf(event.cause)].filter(Boolean).join(': ');
    case 'moved':
      return 'moved';
    default:
      return undefined;
  }
}
