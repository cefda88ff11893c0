import { setImmediate } from 'node:timers/promises';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { OneRate } from '#src/audio/resample.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import { together } from '#src/base/loops/run-together.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import { greetOnArrival } from '#src/conversation/hearing/greet-on-arrival.ts';
import type { Utterances } from '#src/conversation/hearing/utterances.ts';
import { awaitedReply, currentTurn, isQuiet } from '#src/conversation/machine/questions.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { VoiceDeps } from '#src/conversation/output/answer-parts.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { voiceIn } from '#src/pipeline/prompt.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';
import { speechRequestOf } from '#src/spending/reservation.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import { Interruptions } from '#src/voice/hearing/interruptions.ts';
import { type SpeakerInputEvent, SpeakerInputs } from '#src/voice/hearing/speaker-input.ts';
import {
  announced,
  type HearingDependencies,
  openInput,
  openSound,
} from '#src/voice/link/reconnecting-link.ts';
import { SpeechOutput } from '#src/voice/output/speech-output.ts';

/** Interval of endpointing, in ms, while a person sends or talks and no packet comes: an utterance can end between packets. */
const tickMs = 20;
/** The same in a pause, whose end is waited for. */
const pauseTickMs = 10;
/** Shortest interval, in ms, between two steps that packets cause: every other packet of one person causes one. */
const leastTickMs = 35;
/** Time, in ms, without packet after which a timer causes the steps. */
const undrivenMs = 60;
/** Interval in ms at which the state for the panel is checked while something goes on. */
const checkMs = 250;
/** The same while only tracks sound, which are shown in steps of 5 s, and while only what was shown passes by itself. */
const slowCheckMs = 1_000;
/** Time in ms for which anything that happened counts as going on. */
const freshMs = 2_000;
/** Time in ms for which it is checked slowly afterwards: longer than what passes by itself, as the window after Ask. */
const settleMs = 20_000;
/** A step that comes so late, in ms, comes after a hold of the main thread: what people said meanwhile waits in the socket. */
const heldMs = 60;
/** Turns of the event loop that read all of it: Node reads 32 datagrams in one, and a socket holds several hundred. */
const heldTurns = 32;
/** Longest time in ms without a check: meanwhile a yes for today may end, and a budget begin anew. */
const longestQuietMs = 60_000;

type ConnectionDeps = VoiceDeps & Deps<'codec' | 'cues' | 'panels'>;

/** Parts that the connections of one session share, and nothing else of it uses. */
export type ConnectionSources = {
  /** Person who called the bot in. */
  readonly callerId: PersonId;
  readonly hearing: HearingDependencies;
  readonly pauseHabits: PauseHabits;
  readonly utterances: Utterances;
  readonly deps: ConnectionDeps;
  /** Makes the clock of the connection check what may have changed, now and for a while. */
  readonly wakeup: Wakeup;
  /** The tool that runs for an answer, in words for people. */
  readonly stepOf: (answer: Id | undefined) => PlainTextId | undefined;
  /** Shows the panel: who is there, and who talks. */
  show(talkingIds: readonly PersonId[]): void;
};

/** Parts that the loops of one connection share. */
type ConnectionParts = Disposable & {
  readonly link: VoiceLink;
  readonly session: Session;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly inputs: SpeakerInputs;
  readonly output: SpeechOutput;
  readonly interruptions: Interruptions;
  readonly utterances: Utterances;
  /** Shows the panel what goes on. */
  show(): void;
};

/**
 * The clock of one connection: ends utterances in pauses, and follows what passes by itself.
 *
 * While no person speaks or waits and nothing plays, it sleeps until it is woken or its next deadline.
 */
class ConnectionTickLoop {
  readonly #parts;
  #nowMs: number;
  /** Instant of the last packet. */
  #drivenAtMs = Number.NEGATIVE_INFINITY;
  /** It waits for its next step of endpointing. */
  #isTicking = false;
  /** Instant at which something happened last. */
  #wokenAtMs: number;
  #checkAtMs: number;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#nowMs = this.#checkAtMs = this.#wokenAtMs = parts.clock.nowMs();
  }

  /** Never returns. Aborting `signal` throws `signal.reason`. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, session, wakeup } = this.#parts;
    const wake = () => wakeup.wake();
    using _ = session.speech.mix.tracks.listen(wake);
    signal.addEventListener('abort', wake);
    try {
      for (;;) {
        this.#step(signal);
        const waitMs = this.#waitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await wakeup.wait(this.#timerMs(waitMs));
        if (clock.nowMs() - dueMs > heldMs) await packetsFirst(signal);
        this.#nowMs = clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** A packet has come: that ends the wait for a step of endpointing, at once where a pause begins. */
  drive(): void {
    const { clock, inputs, wakeup } = this.#parts;
    this.#drivenAtMs = clock.nowMs();
    const isDue = this.#drivenAtMs - this.#nowMs >= leastTickMs || inputs.isPausing;
    if (this.#isTicking && isDue) wakeup.end();
  }

  #step(signal: AbortSignal) {
    signal.throwIfAborted();
    const { inputs, interruptions, session } = this.#parts;
    const atMs = this.#nowMs;
    for (const { speakerId, noticed } of inputs.tick(atMs)) handle(speakerId, noticed, this.#parts);
    session.loop.noticeSound();
    interruptions.tick();
    if (atMs >= this.#checkAtMs) this.#check();
  }

  #check() {
    const { link, output, session } = this.#parts;
    this.#checkAtMs = this.#nowMs + checkMs;
    attend(this.#parts);
    const people = link.people();
    session.speech.mix.tracks.pause(people.every(({ isBot }) => isBot));
    session.features.attend(people);
    const { sent } = output;
    if (sent) tellSaid(session, sent);
    this.#parts.show();
  }

  /** Until the next step, unless it is woken. */
  #waitMs(): number {
    const { inputs, session } = this.#parts;
    if (inputs.isPausing) return pauseTickMs;
    if (inputs.isBusy(this.#nowMs)) return tickMs;
    const { floor, turns } = session.loop.state;
    const isBusy = floor.current !== undefined || turns.some(({ open }) => open.length > 0);
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (isBusy || sinceMs < freshMs) return checkMs;
    return sinceMs < settleMs || session.speech.mix.tracks.isMoving ? slowCheckMs : longestQuietMs;
  }

  /** Until the timer of a step in `waitMs`: later while packets cause the steps. */
  #timerMs(waitMs: number): number {
    this.#isTicking = waitMs === tickMs;
    return this.#isTicking && this.#nowMs - this.#drivenAtMs < undrivenMs ? undrivenMs : waitMs;
  }
}

/** Timers fire before sockets are read: without this, what was said during a hold counts as silence and ends the utterance. */
async function packetsFirst(signal: AbortSignal) {
  for (let turn = 0; turn < heldTurns && !signal.aborted; turn++) await setImmediate();
}

/** Drops people who may not be heard any more, in the middle of a word, and tells the conversation and barge-in who is there. */
function attend({ inputs, interruptions, link, session }: ConnectionParts) {
  session.loop.syncPeople();
  inputs.keep((speakerId) => session.consent.mayHear(speakerId));
  const people = link.people();
  interruptions.keep((personId) => people.some(({ id }) => id === personId));
}

/**
 * Runs one connection: hears people until the channel is left, and speaks.
 *
 * Errors: as `VoiceLink.hear`; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runHearAndSpeakLoop(
  link: VoiceLink,
  session: Session,
  sources: ConnectionSources,
  signal: AbortSignal,
): Promise<'lost'> {
  const { consent, loop, undecided } = session;
  const { wakeup } = sources;
  using parts = openConnectionParts(link, session, sources);
  const clock = new ConnectionTickLoop(parts);
  consent.onChange(() => {
    attend(parts);
    parts.show();
    wakeup.wake();
  });
  link.onPeople(() => {
    attend(parts);
    wakeup.wake();
  });
  link.onUnheard((speakerId) => {
    undecided.arrived(speakerId);
  });
  try {
    return await together<'lost'>(signal, [
      (until) => hearPackets(parts, clock, until),
      (until) => clock.run(until),
      (until) => unlessAborted(loop.bug, until),
    ]);
  } finally {
    consent.onChange(() => undefined);
    link.onPeople(() => undefined);
    link.onUnheard(() => undefined);
  }
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(
  parts: ConnectionParts,
  clock: ConnectionTickLoop,
  signal: AbortSignal,
): Promise<'lost'> {
  const { link, inputs, session, wakeup } = parts;
  for await (const packet of link.hear(signal)) {
    const { speakerId } = packet;
    if (!session.consent.mayHear(speakerId)) continue;
    if (!inputs.isBusy(packet.atMs)) wakeup.wake();
    for (const one of inputs.put(packet)) handle(speakerId, one, parts);
    clock.drive();
  }
  return 'lost';
}

type PlainTextLine = { readonly id: PlainTextId };

/** Longest spoken cue, in ms: more than two words need. */
const longestCueMs = 5_000;

/** Cues of a wait for an answer, as they are played on one connection. */
class WaitingCues {
  readonly #session: Owners<'loop' | 'notices' | 'place'>;
  readonly #sources: Pick<ConnectionSources, 'deps' | 'stepOf'>;
  readonly #cues: CueTrack;
  readonly #signal: AbortSignal;
  /** Cues of this wait: it ends these and no others. */
  readonly #played = new Set<PlayedCue>();

  /** Aborting `signal` ends what is being made. */
  constructor(
    session: Session,
    sources: Pick<ConnectionSources, 'deps' | 'stepOf'>,
    cues: CueTrack,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#sources = sources;
    this.#cues = cues;
    this.#signal = signal;
  }

  play(cue: 'tick' | 'moment'): void {
    if (cue === 'tick') this.#played.add(this.#cues.play('thinking'));
    if (cue === 'moment') void this.#saySoon();
  }

  /** Nothing is awaited any more. */
  over(): void {
    for (const cue of this.#played) this.#cues.cut(cue);
    this.#played.clear();
  }

  /** Says that it takes a moment, if the wait goes on. Never throws: a voice that fails now is reported with the answer. */
  async #saySoon() {
    const { loop, place } = this.#session;
    const turn = currentTurn(loop.state);
    const { reply } = loop.state.floor.current ?? {};
    if (!turn) return;
    const line = { id: this.#sources.stepOf(reply) ?? ('slow.voice' as const) };
    const pieces = await this.#speechOf(line, place.languages.of(turn.by));
    const isAwaited = awaitedReply(loop.state)?.reply === reply && isQuiet(loop.state);
    if (this.#signal.aborted || !isAwaited || pieces.length === 0) return;
    const samples = joinSamples(pieces).subarray(0, (longestCueMs * speakRateHz) / 1000);
    this.#played.add(this.#cues.say(samples));
  }

  /** Sound of a line; none where its voice fails, or there is no money. */
  async #speechOf(line: PlainTextLine, language: string | undefined): Promise<Int16Array[]> {
    const { notices, place } = this.#session;
    const { spending, synthesizer } = this.#sources.deps;
    const words = notices.spokenText(line, language);
    const voice = voiceIn(notices.spokenLocale(language), place.style());
    const opened = spending.open(speechRequestOf('notice', place.channel.guildId, words));
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new OneRate(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = synthesizer.paidBy(reservation).synthesize(words, voice, this.#signal);
      for await (const pcm of sound)
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (this.#signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }
}

/** Tells features and the process the words of the bot that have left. */
function tellSaid({ features, notices }: Owners<'features' | 'notices'>, sent: SpokenSegment) {
  features.said(sent);
  const { text, isOver, isAnswer } = sent;
  notices.report({ kind: 'words', text, isWhole: isOver && !isAnswer });
}

/** Speaker inputs and the output on one link; both are gone when it is disposed of. */
function openConnectionParts(
  link: VoiceLink,
  session: Session,
  sources: ConnectionSources,
): ConnectionParts {
  const { callerId, deps, hearing, pauseHabits, show, utterances, wakeup } = sources;
  const { clock, codec } = deps;
  const { loop, speech } = session;
  const over = new AbortController();
  const sent = new SentEnvelope();
  const { voice, cues, mixer } = openSound(speech.mix, codec, deps.cues, sent);
  const onSent = (words: SpokenSegment) => tellSaid(session, words);
  const output = new SpeechOutput(voice, clock, onSent, speech.pace);
  const inputs = new SpeakerInputs((speakerId) =>
    openInput(speakerId, sent, codec, hearing, pauseHabits),
  );
  const interruptions = new Interruptions(loop, clock, output, cues);
  const waiting = new WaitingCues(session, sources, cues, over.signal);
  const connection: ConnectionParts = {
    link,
    session,
    clock,
    wakeup,
    inputs,
    output,
    interruptions,
    utterances,
    show: () => show(inputs.talking()),
    [Symbol.dispose]() {
      loop.attach(undefined);
      over.abort(new Error('the connection is closed'));
      voice.cut();
      inputs.close();
    },
  };
  loop.attach({
    output,
    read(speakerId, understood) {
      const noticed = inputs.read(speakerId, understood, clock.nowMs());
      for (const one of noticed) handle(speakerId, one, connection);
    },
    overhear: (speakerId, text) => interruptions.overhear(speakerId, text),
    isSpeaking: () => voice.sounds,
    play: (samples, left) => cues.say(samples, left),
    overheard: (personId, what, meant) =>
      interruptions.hear({ personId, what, meant, isFinal: true }),
    playWaitingCue: (cue) => waiting.play(cue),
    endWaitingCues: () => waiting.over(),
  });
  const next = () => {
    loop.noticeSound();
    interruptions.tick();
  };
  const { wake } = link.play(announced(mixer, next, () => loop.noticeSound()));
  mixer.onSound(wake);
  loop.post({ kind: 'link-up' });
  greetOnArrival(session, clock, link.people(), callerId);
  return connection;
}

/** Interruptions first: barge-in must not wait for recognition. */
function handle(
  speakerId: PersonId,
  noticed: SpeakerInputEvent,
  { interruptions, utterances }: ConnectionParts,
) {
  interruptions.notice(speakerId, noticed);
  utterances.handle(speakerId, noticed);
}
