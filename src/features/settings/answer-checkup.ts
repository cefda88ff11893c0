import { rms } from '#src/audio/loudness.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import { within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { CueOutcome } from '#src/conversation/connection/current-connection.ts';
import type {
  CheckReport,
  CheckResult,
} from '#src/conversation/ports/setting-and-check-outcomes.ts';
import type { ChannelRef } from '#src/conversation/ports/voice-link.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { judgeJoin } from '#src/people/join-rules.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { lineOfNews } from './answer-checkup-texts.ts';
import { checkEngines, checkMs } from './check-engines.ts';

/** A frame, and the rates of output and inputs. */
const [frameMs, hearHz] = [20, 16_000] as const;
/** Least loudness (RMS) of a tone that comes back. */
const audible = 0.001;
/** Longest wait in ms until speech is over, and the interval of the checks. */
const [patienceMs, checkEveryMs] = [3_000, 250];

const nowhere: TextLine = { id: 'check.nowhere' };
const away: TextLine = { id: 'check.away' };

/** Checkup of everything an answer needs, with the same parts that answer people; concurrent requests get one report. */
export class AnswerCheckup {
  readonly #modelNews: () => readonly ModelNews[];
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #running = new Map<string, Promise<CheckReport>>();

  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    modelNews: () => readonly ModelNews[],
  ) {
    this.#modelNews = modelNews;
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Takes at most 25 s. Where the bot sits in no channel, the permissions of `channel` are checked. */
  check(guildId: string, callerId: string, channel?: ChannelRef): Promise<CheckReport> {
    const running = this.#running.get(guildId) ?? this.#check(guildId, callerId, channel);
    this.#running.set(guildId, running);
    const forget = () => this.#running.delete(guildId);
    running.then(forget, forget);
    return running;
  }

  async #check(guildId: string, callerId: string, channel?: ChannelRef): Promise<CheckReport> {
    const session = this.#sessions.session(guildId);
    const [parts, { settings }] = [this.#parts, this.#sessions];
    await settings.load(guildId);
    const channelId = session?.channel.channelId;
    const here = [
      checkPermission(session?.channel ?? channel, session !== undefined, callerId, parts),
      checkLink(session),
      checkEncryption(session),
      checkDecoding(guildId, parts),
    ];
    const { pipeline } = settings.at(guildId, channelId);
    const style = settings.styleIn(guildId, channelId);
    const roles = await checkEngines(guildId, parts, style, { name: pipeline });
    const findings = [...here, ...roles, await checkPlayback(session, parts)];
    return { findings, news: this.#modelNews().map(lineOfNews) };
  }
}

function checkPermission(
  channel: ChannelRef | undefined,
  isThere: boolean,
  callerId: string,
  { clock, places }: SessionDependencies,
): CheckResult {
  const point = 'permission';
  const startedMs = clock.nowMs();
  const facts = channel && places.facts(channel, callerId);
  if (!channel || !facts) return { point, kind: 'idle', line: { id: 'join.none' } };
  const verdict = judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
  const isFine = ['fine', 'stage'].includes(verdict.kind) || (isThere && verdict.kind === 'full');
  if (!isFine) return { point, kind: 'barred', verdict, channel };
  return { point, kind: 'ok', ms: clock.nowMs() - startedMs };
}

function checkLink(session: VoiceSession | undefined): CheckResult {
  const point = 'link';
  if (!session) return { point, kind: 'idle', line: nowhere };
  if (!session.link) return { point, kind: 'bad', line: away };
  return { point, kind: 'ok', ms: session.link.joinedInMs };
}

function checkEncryption(session: VoiceSession | undefined): CheckResult {
  const point = 'encryption';
  if (!session) return { point, kind: 'idle', line: nowhere };
  if (!session.link) return { point, kind: 'bad', line: away };
  const { cipher, endToEnd, joinedInMs: ms } = session.link;
  if (cipher === '') return { point, kind: 'bad', line: { id: 'join.no_cipher' } };
  const name = cipher.replace(/^aead_|_rtpsize$/g, '').replaceAll('_', '-');
  const id = endToEnd ? 'check.end_to_end' : 'check.transport';
  return { point, kind: 'ok', ms, detail: { id, with: { cipher: name.toUpperCase() } } };
}

/** A tone through the very Opus that people are heard with. */
function checkDecoding(
  guildId: string,
  { clock, codec, cues, onEvent }: SessionDependencies,
): CheckResult {
  const point = 'decode';
  const startedMs = clock.nowMs();
  try {
    const heard = roundTrip(codec, cues.heard);
    if (rms(heard) < audible) throw new Error('the Opus codec decodes a test tone as silence');
    return { point, kind: 'ok', ms: clock.nowMs() - startedMs };
  } catch (error) {
    onEvent(guildId, failureEventOf(error, 'link'));
    return { point, kind: 'bad', line: { id: 'check.codec' } };
  }
}

function roundTrip(codec: SessionDependencies['codec'], tone: Int16Array): Int16Array {
  const [encoder, decoder] = [codec.encoder(speakRateHz), codec.decoder(hearHz)];
  const frame = (speakRateHz / 1000) * frameMs;
  const heard: number[] = [];
  try {
    for (let at = 0; at + frame <= tone.length; at += frame) {
      heard.push(...decoder.decode(encoder.encode(tone.slice(at, at + frame))));
    }
  } finally {
    encoder.free();
    decoder.free();
  }
  return Int16Array.from(heard);
}

/** Last, so that what is read and what is heard come together. */
async function checkPlayback(
  session: VoiceSession | undefined,
  parts: SessionDependencies,
): Promise<CheckResult> {
  const point = 'playback';
  if (!session) return { point, kind: 'idle', line: nowhere };
  if (session.restrictions.isMute) return { point, kind: 'bad', line: { id: 'muted.server' } };
  const startedMs = parts.clock.nowMs();
  const outcome = await playCue(session, parts).catch(() => undefined);
  const ms = parts.clock.nowMs() - startedMs;
  switch (outcome) {
    case 'left':
      return { point, kind: 'ok', ms };
    case 'speaking':
      return { point, kind: 'ok', ms, detail: { id: 'check.speaking' } };
    case 'away':
      return { point, kind: 'bad', line: away };
    case undefined:
      return { point, kind: 'bad', line: { id: 'check.unsent' } };
  }
}

/** Plays a cue as a test. Throws when nothing of it leaves in time. */
async function playCue(
  { context }: VoiceSession,
  { clock, cues }: SessionDependencies,
): Promise<CueOutcome> {
  const late = () => new Error('no frame of a cue was sent in time');
  const untilMs = clock.nowMs() + patienceMs;
  for (;;) {
    const outcome = await within(context.connection.play(cues.heard), checkMs, clock, late);
    if (outcome !== 'speaking' || clock.nowMs() >= untilMs) return outcome;
    await clock.sleep(checkEveryMs, context.signal);
  }
}
