import type { LevelTrack, SentEnvelope } from '#src/audio/echo/band-levels.ts';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import {
  type SileroNetwork,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import type { PersonId } from '#src/base/ids.ts';
import { listHeldUtterances } from '#src/conversation/machine/draft.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { EarlyRecognition } from '#src/speech/local/jobs/early-recognition.ts';
import type { TurnModel } from '#src/speech/local/turn-model.ts';
import type { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/endpointing-delay.ts';
import type { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import { isSharedVoice } from '#src/turn/same-voice.ts';
import type { NameEars } from './name-listener.ts';
import { SpeakerInput } from './speaker-input.ts';
import { SpeakerLine } from './speaker-line.ts';
import type { SpokenUtterance } from './spoken-utterance.ts';
import type { UnpaidSpeech } from './unpaid-speech.ts';

/**
 * Hears the people of a session, from their packets to their words, with one owner for each of them. What they do is
 * posted to the conversation: somebody began, paused, said these words, went on or ended.
 */
export interface Ear {
  /** Gets ready to hear a connection, until disposed. Unfinished utterances are lost then. */
  open(): Disposable;
  /** Hears one packet. The caller has asked for consent. */
  addPacket(packet: Packet): void;
  /** Lets time pass. Only time ends an utterance, as nothing is sent in silence. */
  tick(atMs: number): void;
  /** Gets how soon the next `tick` is needed. */
  getActivity(atMs: number): EarActivity;
  /** Lists people whose utterance is open, also in a pause of it. */
  listTalking(): readonly PersonId[];
  /** Lists who spoke in the minute before `atMs`, and for how long without pauses. Nothing of it is stored. */
  listSpoken(atMs: number): readonly SpokenTime[];
  /** Drops the unfinished speech of people who may not be heard, even in mid-word. */
  closeOthers(mayHear: (speakerId: PersonId) => boolean): void;
  /** Finds an utterance while the conversation holds it. */
  find(utterance: Id): SpokenUtterance | undefined;
  /** Drops the utterances that the conversation holds no more. Captions that follow one still get its words. */
  dropUnheld(): void;
}

/** How long a person spoke in a minute, in ms. */
export type SpokenTime = { readonly personId: PersonId; readonly ms: number };

/**
 * How soon the next `tick` is needed. `pausing`: somebody pauses within an utterance, when endpointing needs shorter steps.
 * `busy`: somebody talks, or has sent a packet within the last second.
 */
type EarActivity = 'pausing' | 'busy' | 'quiet';

export type UtteranceOverFact = Extract<
  EffectOf<'fact'>['fact'],
  { kind: 'utterance-over' }
>;

/** Rules and models by which people are heard. */
export type HearingDeps = {
  readonly endpointRules: EndpointRules;
  /** Model that judges in a pause whether a turn is over. Absent: the rules and the words decide alone. */
  readonly turnModel?: TurnModel;
  /** Bound of what is recognised in pauses. Absent: the recogniser takes no time of this machine. */
  readonly earlyRecognition?: EarlyRecognition;
  readonly partialTrust: PartialTrust;
  /** Record of how far chat models can be trusted about the words. Absent: no chat model is asked. */
  readonly wordsJudges?: WordsJudgeTrust;
  /** Opens connections to engines as a person begins to talk. Never throws. */
  readonly warm: () => void;
  readonly weights: SileroNetwork;
};

/** Objects that hearing needs beside its session. */
export type EarDeps = Deps<
  | 'clock'
  | 'codec'
  | 'isReadByPrograms'
  | 'localRecogniser'
  | 'pipelines'
  | 'roomView'
  | 'spending'
  | 'transcriber'
> & {
  readonly hearing: HearingDeps;
  readonly pauseHabits: PauseHabits;
  /** The local recogniser, where it listens for the name of the bot. */
  readonly nameEars: NameEars;
  /** Speech that the usual recogniser does not get. */
  readonly unpaidSpeech: UnpaidSpeech;
  /** The bot's own sound, which may return as an echo. */
  readonly sent: SentEnvelope;
  /** Creates a turn of one utterance as it would be asked now. */
  readonly createTurn: (utterance: TurnUtterance) => Turn;
  /** Lists the server's own words, which a recogniser is told. */
  readonly listVocabulary: () => readonly string[];
};

/** People who can speak at once in one channel and all be heard. */
const maxSpeakers = 25;
const maxIdleMs = 60_000;
/** Pauses are measured for so long after a packet. */
const packetPauseMs = 1_000;
const minSilenceMs = 1_000;
/** Voice by which it is known whose it is. */
const latelyMs = 2_000;

/** The ear of one session, over all of its connections. */
export class SessionEar implements Ear {
  readonly #session: Session;
  readonly #deps: EarDeps;
  readonly #crowdNotices: CrowdNotices;
  readonly #lines = new Map<PersonId, SpeakerLine>();
  readonly #utterances = new Map<Id, SpokenUtterance>();
  #nextId = 1;

  constructor(session: Session, deps: EarDeps) {
    this.#session = session;
    this.#deps = deps;
    this.#crowdNotices = new CrowdNotices(session);
  }

  open(): Disposable {
    this.#deps.hearing.turnModel?.load();
    return { [Symbol.dispose]: () => this.closeOthers(() => false) };
  }

  addPacket(packet: Packet): void {
    const { speakerId, atMs } = packet;
    const line = this.#lines.get(speakerId) ?? this.#openLine(speakerId, atMs);
    if (line) line.addPacket(packet);
    else this.#crowdNotices.onUnheardPacket(speakerId);
  }

  tick(atMs: number): void {
    for (const [speakerId, line] of this.#lines) {
      line.tick(atMs);
      if (atMs - line.lastPacketAtMs > maxIdleMs) this.#closeLine(speakerId);
    }
  }

  getActivity(atMs: number): EarActivity {
    let activity: EarActivity = 'quiet';
    for (const line of this.#lines.values()) {
      if (line.isPausing) return 'pausing';
      const isBusy = line.isTalking || atMs - line.lastPacketAtMs < packetPauseMs;
      if (isBusy) activity = 'busy';
    }
    return activity;
  }

  listTalking(): readonly PersonId[] {
    return [...this.#lines].flatMap(([speakerId, line]) =>
      line.isTalking ? speakerId : [],
    );
  }

  listSpoken(atMs: number): readonly SpokenTime[] {
    return [...this.#lines]
      .map(([personId, line]) => ({ personId, ms: line.sumSpokenMs(atMs) }))
      .filter(({ ms }) => ms > 0);
  }

  closeOthers(mayHear: (speakerId: PersonId) => boolean): void {
    for (const speakerId of this.#lines.keys())
      if (!mayHear(speakerId)) this.#closeLine(speakerId);
  }

  find(utterance: Id): SpokenUtterance | undefined {
    return this.#utterances.get(utterance);
  }

  dropUnheld(): void {
    if (this.#utterances.size === 0) return;
    const heldIds = new Set(listHeldUtterances(this.#session.loop.state));
    for (const [id, utterance] of this.#utterances) {
      if (heldIds.has(id)) continue;
      this.#utterances.delete(id);
      utterance.drop();
    }
  }

  #beginUtterance(create: (id: Id) => SpokenUtterance) {
    const utterance = create(this.#nextId++);
    utterance.begin();
    if (utterance.isHeld) this.#utterances.set(utterance.id, utterance);
    return utterance;
  }

  #closeLine(speakerId: PersonId) {
    this.#lines.get(speakerId)?.close();
    this.#lines.delete(speakerId);
  }

  #openLine(speakerId: PersonId, atMs: number) {
    // With 25 open, a person gets the place of the longest silence.
    if (this.#lines.size >= maxSpeakers && !this.#closeQuietest(atMs)) return undefined;
    const { codec, hearing, pauseHabits } = this.#deps;
    const echo = new EchoMeter(this.#deps.sent);
    const input = new SpeakerInput({
      speakerId,
      stream: new SpeakerStream(codec),
      meter: new VoiceWindowMeter(hearing.weights),
      echo,
      isVoiceOfOther: (fromMs, toMs) => this.#isVoiceOfOther(echo.track, fromMs, toMs),
      rules: hearing.endpointRules,
      pauseHabits,
    });
    const line = new SpeakerLine(speakerId, input, this.#session, {
      ...this.#deps,
      beginUtterance: (create) => this.#beginUtterance(create),
      isAlone: (own) =>
        [...this.#lines.values()].every((each) => each === own || !each.isRecording),
      isTalkedOver: (own) =>
        [...this.#lines.values()].some(
          (each) =>
            each !== own &&
            each.isTalking &&
            !each.isPausing &&
            !this.#isLatelyOfOther(each),
        ),
    });
    this.#lines.set(speakerId, line);
    return line;
  }

  /** Two people who sit in one room: both microphones hear who speaks, the own one louder. */
  #isVoiceOfOther(track: LevelTrack, fromMs: number, toMs: number) {
    return [...this.#lines.values()].some(
      (other) =>
        other.track !== track &&
        isSharedVoice(track.compare(other.track, fromMs, toMs)),
    );
  }

  /** Tests whether all that a person's microphone brought lately is the voice of somebody else. */
  #isLatelyOfOther({ lastPacketAtMs: atMs, track }: SpeakerLine) {
    return this.#isVoiceOfOther(track, atMs - latelyMs, atMs);
  }

  #closeQuietest(atMs: number) {
    const [quietest] = [...this.#lines]
      .filter(
        ([, line]) => !line.isTalking && atMs - line.lastPacketAtMs >= minSilenceMs,
      )
      .sort(([, left], [, right]) => left.lastPacketAtMs - right.lastPacketAtMs);
    if (quietest) this.#closeLine(quietest[0]);
    return quietest !== undefined;
  }
}

/** Packets of a person that found no place before the bot says so: a second of sound. Shorter sound is hardly a question. */
const minUnheardPackets = 50;

type CrowdNoticesDeps = {
  readonly notices: Pick<ChannelNotices, 'notifyPerson'>;
  /** Aborts when the session ends. */
  readonly signal: AbortSignal;
};

/** Tells each person once in a session who speaks while 25 others do, and so is not heard. */
class CrowdNotices {
  readonly #deps;
  readonly #packetCounts = new Map<PersonId, number>();

  constructor(deps: CrowdNoticesDeps) {
    this.#deps = deps;
  }

  /** Counts a packet that found no place. Never throws. */
  onUnheardPacket(speakerId: PersonId): void {
    const count = (this.#packetCounts.get(speakerId) ?? 0) + 1;
    this.#packetCounts.set(speakerId, count);
    if (count !== minUnheardPackets) return;
    const { notices, signal } = this.#deps;
    const line = { id: 'hearing.crowd', with: { n: maxSpeakers } } as const;
    notices.notifyPerson(speakerId, [line], signal, []);
  }
}
