import { within } from '#src/base/waiting.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { type Finding, failing, type Probe, tryProbe } from '#src/probes/probe.ts';
import { decode, encryption, permission, playback, voiceLink } from '#src/probes/voice-probes.ts';
import type { ModelNews } from '#src/provider/models/models.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { CueOutcome } from '#src/voice/link/current-connection.ts';
import { lineOfNews } from './answer-checkup-texts.ts';
import { checkEngines, checkMs } from './check-engines.ts';

export type CheckReport = {
  /** One of each part, in their order. */
  readonly findings: readonly Finding[];
  /** News about models, one sentence each. */
  readonly news: readonly TextLine[];
};

/** Longest wait in ms until speech is over, and the interval of the checks. */
const [patienceMs, checkEveryMs] = [3_000, 250];

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

  async #check(guildId: string, callerId: string, caller?: ChannelRef): Promise<CheckReport> {
    const session = this.#sessions.session(guildId);
    const [parts, { settings }] = [this.#parts, this.#sessions];
    const { clock, codec, cues, onEvent, places } = parts;
    await settings.load(guildId);
    const channel = session?.channel ?? caller;
    const facts = channel && places.facts(channel, callerId);
    const tried = async <Subject>(probe: Probe<Subject>, subject: Subject) => {
      const finding = await tryProbe(probe, subject, { clock, deadlineMs: checkMs });
      if (!('error' in finding)) return finding;
      onEvent(guildId, failureEventOf(finding.error, 'link'));
      const line: TextLine = { id: probe === playback ? 'link.down' : 'check.bug' };
      return failing(probe.name, line);
    };
    const { pipeline } = settings.at(guildId, session?.channel.channelId);
    const style = settings.styleIn(guildId, session?.channel.channelId);
    const findings = [
      await tried(permission, { channel, facts, isThere: session !== undefined }),
      await tried(voiceLink, session),
      await tried(encryption, session),
      await tried(decode, { codec, tone: cues.heard }),
      ...(await checkEngines(guildId, parts, style, pipeline)),
      // Last, so that what is read and what is heard come together.
      await tried(playback, session && outputOf(session, parts)),
    ];
    return { findings, news: this.#modelNews().map(lineOfNews) };
  }
}

function outputOf({ context }: VoiceSession, { clock, cues }: SessionDependencies) {
  const late = () => new Error('no frame of a cue was sent in time');
  const untilMs = clock.nowMs() + patienceMs;
  const play = async (): Promise<CueOutcome> => {
    for (;;) {
      const outcome = await within(context.connection.play(cues.heard), checkMs, clock, late);
      if (outcome !== 'speaking' || clock.nowMs() >= untilMs) return outcome;
      await clock.sleep(checkEveryMs, context.signal);
    }
  };
  return { isMute: context.talk.state.isMuted, play };
}
