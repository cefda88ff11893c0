import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { SentEnvelope } from '#src/audio/echo/sent-envelope.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import { runTogether } from '#src/base/loops/run-together.ts';
import type { CrowdNotices } from '#src/conversation/hearing/crowd-notices.ts';
import { readHearingState } from '#src/conversation/hearing/read-hearing-state.ts';
import type { UtteranceRunner } from '#src/conversation/hearing/utterance-runner.ts';
import {
  findAwaitedReply,
  findCurrentTurn,
  isQuiet,
} from '#src/conversation/machine/selectors.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import {
  greetOnArrival,
  type VoiceDeps,
} from '#src/conversation/output/answer-delivery.ts';
import type { Owners, Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { declareVoiceLanguage } from '#src/pipeline/prompt.ts';
import type { Mixer } from '#src/playback/mix/mixer.ts';
import type { CueTrack, PlayedCue, VoiceTrack } from '#src/playback/reply/cue-track.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
import { findCaptionsGap } from '#src/ports/session-hearing.ts';
import type { VoiceLink } from '#src/ports/voice-link.ts';
import { toSpeechRequest } from '#src/spending/reservation.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import type { WaitingCue } from '#src/turn/answer-wait.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import {
  createSpeakerInput,
  type HearingDeps,
  openConnectionSound,
} from '#src/voice/connection/reconnecting-connection.ts';
import { BargeIns } from '#src/voice/hearing/barge-in.ts';
import {
  type SpeakerInputEvent,
  SpeakerInputs,
} from '#src/voice/hearing/speaker-input.ts';
import { SpeechOutput } from '#src/voice/output/speech-output.ts';

/** An utterance can end between packets. */
const tickMs = 20;
const pauseTickMs = 10;
/** Two packets of one person cause one step. */
const minPacketStepMs = 35;
const packetTimeoutMs = 60;
const activeCheckMs = 250;
/** The panel shows tracks in steps of 5 s. */
const slowCheckMs = 1_000;
const activeAfterWakeMs = 2_000;
/** Longer than the addressing window after Ask. */
const slowCheckAfterWakeMs = 20_000;
/** A later step follows a hold of the main thread, while packets waited in the socket. */
const minHoldMs = 60;
/** Node reads 32 datagrams in one turn, and a socket holds several hundred. */
const maxReadTurns = 32;
/** Longest time between two checks, as a budget may begin anew meanwhile. */
const maxCheckGapMs = 60_000;

/** Objects that a connection of a session needs. */
export type ConnectionOptions = {
  readonly callerId: PersonId;
  readonly hearing: HearingDeps;
  readonly pauseHabits: PauseHabits;
  readonly utterances: UtteranceRunner;
  readonly crowdNotices: CrowdNotices;
  readonly deps: VoiceDeps & Deps<'codec' | 'cues' | 'localRecogniser' | 'panels'>;
  readonly wakeup: Wakeup;
  /** Finds the sentence about the tool that an answer runs now. */
  readonly findRunningStep: (answer: Id | undefined) => PlainTextId | undefined;
  /** Draws the panel anew, with the people who talk. */
  showPanel(talkingIds: readonly PersonId[]): void;
};

type TurnModelRequest = Extract<SpeakerInputEvent, { kind: 'ask-turn-model' }>;

/** An open voice connection and the parts that live as long as it does. */
interface Connection extends Disposable {
  readonly link: VoiceLink;
  readonly session: Session;
  readonly clock: Clock;
  readonly deps: ConnectionOptions['deps'];
  readonly inputs: SpeakerInputs;
  readonly output: SpeechOutput;
  readonly bargeIns: BargeIns;
  readonly utterances: UtteranceRunner;
  readonly crowdNotices: CrowdNotices;
  /** Asks the turn model whether a turn is over. Never throws. */
  judgeTurn(speakerId: PersonId, request: TurnModelRequest): Promise<void>;
  /** Draws the panel anew, with the people who talk now. */
  showPanel(): void;
}

/** The clock of one connection, which sleeps until its next deadline while nothing happens. */
class ConnectionClock {
  readonly #connection;
  readonly #wakeup;
  #lastPacketAtMs = Number.NEGATIVE_INFINITY;
  #isTicking = false;
  #nowMs: number;
  #wokenAtMs: number;
  #checkAtMs: number;
  #knownPresence: readonly unknown[] = [];

  constructor(connection: Connection, wakeup: Wakeup) {
    this.#connection = connection;
    this.#wakeup = wakeup;
    this.#nowMs = connection.clock.nowMs();
    this.#wokenAtMs = this.#nowMs;
    this.#checkAtMs = this.#nowMs;
  }

  /** Steps the connection until `signal` is aborted, and throws `signal.reason`. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, session } = this.#connection;
    const wakeClock = () => this.#wakeup.wake();
    using _ = session.speech.mix.tracks.listen(wakeClock);
    signal.addEventListener('abort', wakeClock);
    try {
      for (;;) {
        this.#runStep(signal);
        const waitMs = this.#getWaitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await this.#wakeup.wait(this.#getTimerMs(waitMs));
        if (clock.nowMs() - dueMs > minHoldMs) await readPendingPackets(signal);
        this.#nowMs = clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
    } finally {
      signal.removeEventListener('abort', wakeClock);
    }
  }

  /** Ends the wait for a step of endpointing, at once where a pause begins. */
  onPacket(): void {
    const { clock, inputs } = this.#connection;
    this.#lastPacketAtMs = clock.nowMs();
    const isDue =
      this.#lastPacketAtMs - this.#nowMs >= minPacketStepMs || inputs.isPausing;
    if (this.#isTicking && isDue) this.#wakeup.end();
  }

  #runStep(signal: AbortSignal) {
    signal.throwIfAborted();
    const connection = this.#connection;
    const { bargeIns, inputs, session } = connection;
    const atMs = this.#nowMs;
    for (const { speakerId, event } of inputs.tick(atMs))
      handleInput(speakerId, event, connection);
    session.loop.updateSound();
    bargeIns.tick();
    if (atMs < this.#checkAtMs) return;
    this.#checkAtMs = this.#nowMs + activeCheckMs;
    this.#reportPresence();
    this.#reportSpokenSoFar();
    connection.showPanel();
  }

  /** Tells the features who is there, if that has changed. Tracks rest while no people listen. */
  #reportPresence() {
    const { link, session } = this.#connection;
    updatePresence(this.#connection);
    const people = link.listPeople();
    session.speech.mix.tracks.pause(people.every(({ isBot }) => isBot));
    const { presence: consents, session: facts } = session.loop.state;
    const presence = [
      people,
      consents,
      facts.restrictions,
      session.speech.canSpeak(),
      findCaptionsGap(readHearingState(session, this.#connection.deps)),
    ];
    if (isDeepStrictEqual(presence, this.#knownPresence)) return;
    this.#knownPresence = presence;
    session.consentNotices.tellPeople();
    session.features.onPresence(people);
  }

  /** Reports the words of the open reply that people have heard by now. */
  #reportSpokenSoFar() {
    const { output, session } = this.#connection;
    const { spokenSoFar } = output;
    if (spokenSoFar) reportSpoken(session, spokenSoFar);
  }

  #getWaitMs() {
    const { inputs, session } = this.#connection;
    if (inputs.isPausing) return pauseTickMs;
    if (inputs.isBusy(this.#nowMs)) return tickMs;
    const { turnQueue, turns } = session.loop.state;
    const isBusy =
      turnQueue.current !== undefined ||
      turns.some(({ openSpeech }) => openSpeech.length > 0);
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (isBusy || sinceMs < activeAfterWakeMs) return activeCheckMs;
    return sinceMs < slowCheckAfterWakeMs || session.speech.mix.tracks.isMoving
      ? slowCheckMs
      : maxCheckGapMs;
  }

  /** Returns the wait of the timer, which is longer while packets cause the steps. */
  #getTimerMs(waitMs: number) {
    this.#isTicking = waitMs === tickMs;
    return this.#isTicking && this.#nowMs - this.#lastPacketAtMs < packetTimeoutMs
      ? packetTimeoutMs
      : waitMs;
  }
}

/**
 * Lets Node read waiting packets from the socket before the timers of this loop act.
 */
async function readPendingPackets(signal: AbortSignal) {
  // Timers fire before sockets are read: speech during a hold would count as silence.
  for (let turn = 0; turn < maxReadTurns && !signal.aborted; turn++)
    await setImmediate();
}

/** Drops people that may not be heard any more, even in mid-word. */
function updatePresence({ bargeIns, inputs, link, session }: Connection) {
  session.loop.syncPeople();
  inputs.closeOthers((speakerId) => session.consent.mayHear(speakerId));
  const people = link.listPeople();
  bargeIns.updatePresence((personId) => people.some(({ id }) => id === personId));
}

/** Runs a connection until its loss. Errors: as `VoiceLink.receivePackets`. */
export async function runConnection(
  link: VoiceLink,
  session: Session,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<'lost'> {
  const { consent, consentNotices, loop } = session;
  const { wakeup } = options;
  using connection = openConnection(link, session, options);
  const clock = new ConnectionClock(connection, wakeup);
  consent.onChange(() => {
    updatePresence(connection);
    consentNotices.tellPeople();
    connection.showPanel();
    wakeup.wake();
  });
  link.onPeople(() => {
    updatePresence(connection);
    wakeup.wake();
  });
  link.onUnheard((speakerId) => {
    consentNotices.onUnheardPacket(speakerId);
  });
  try {
    return await runTogether<'lost'>(signal, [
      (until) => hearPackets(connection, clock, wakeup, until),
      (until) => clock.run(until),
      (until) => waitUnlessAborted(loop.bug, until),
    ]);
  } finally {
    consent.onChange(() => undefined);
    link.onPeople(() => undefined);
    link.onUnheard(() => undefined);
  }
}

async function hearPackets(
  connection: Connection,
  clock: ConnectionClock,
  wakeup: Wakeup,
  signal: AbortSignal,
): Promise<'lost'> {
  // A packet may have waited while its speaker said no, so consent is asked once more.
  const { crowdNotices, link, inputs, session } = connection;
  for await (const packet of link.receivePackets(signal)) {
    const { speakerId } = packet;
    if (!session.consent.mayHear(speakerId)) continue;
    if (!inputs.isBusy(packet.atMs)) wakeup.wake();
    const events = inputs.addPacket(packet);
    if (events === 'full') crowdNotices.onUnheardPacket(speakerId);
    else handleInputs(speakerId, events, connection);
    clock.onPacket();
  }
  return 'lost';
}

const maxCueMs = 5_000;

/** Sounds while people wait for an answer: a tick, or a sentence such as "One moment". */
class WaitingCues {
  readonly #session;
  readonly #options;
  readonly #cues;
  readonly #signal;
  readonly #played = new Set<PlayedCue>();

  constructor(
    session: Session,
    options: Pick<ConnectionOptions, 'deps' | 'findRunningStep'>,
    cues: CueTrack,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#options = options;
    this.#cues = cues;
    this.#signal = signal;
  }

  /** Plays a cue. A sentence is made first, and dropped if nobody waits any more. */
  playCue(cue: WaitingCue): void {
    if (cue === 'tick') this.#played.add(this.#cues.play('thinking'));
    if (cue === 'moment') void this.#sayOneMoment();
  }

  /** Cuts all cues that still sound. */
  endCues(): void {
    for (const cue of this.#played) this.#cues.cut(cue);
    this.#played.clear();
  }

  /** Says what the tool of an awaited answer does, or that it takes long. */
  async #sayOneMoment() {
    const { languages } = this.#session.voiceChannel;
    const { loop } = this.#session;
    const turn = findCurrentTurn(loop.state);
    const { reply } = loop.state.turnQueue.current ?? {};
    if (!turn) return;
    // A voice that fails now is reported with the answer.
    const pieces = await this.#synthesizeLine(
      this.#options.findRunningStep(reply) ?? 'slow.voice',
      languages.find(turn.by),
    );
    const isAwaited =
      findAwaitedReply(loop.state)?.reply === reply && isQuiet(loop.state.turns);
    if (this.#signal.aborted || !isAwaited || pieces.length === 0) return;
    const samples = joinSamples(pieces).subarray(0, (maxCueMs * speakRateHz) / 1000);
    this.#played.add(this.#cues.playSamples(samples));
  }

  async #synthesizeLine(id: PlainTextId, language: string | undefined) {
    const { notices } = this.#session;
    const { channel } = this.#session.voiceChannel;
    const style = this.#session.voiceChannel.getStyle();
    const { spending, synthesizer } = this.#options.deps;
    const sentence = notices.formatSpokenText({ id }, language);
    const voice = declareVoiceLanguage(notices.getSpokenLocale(language), style);
    const request = toSpeechRequest('notice', channel.guildId, sentence);
    const opened = spending.open(request);
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new RateConverter(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = synthesizer
        .withReservation(reservation)
        .synthesize(sentence, voice, this.#signal);
      for await (const pcm of sound)
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (this.#signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }
}

function reportSpoken(
  { features, notices }: Owners<'features' | 'notices'>,
  sent: SpokenSegment,
) {
  features.onSpoken(sent);
  notices.reportEvent({
    kind: 'words',
    text: sent.text,
    answerId: sent.answerId,
    isWhole: sent.isOver && sent.answerId === undefined,
  });
}

function openConnection(
  link: VoiceLink,
  session: Session,
  options: ConnectionOptions,
): Connection {
  const { callerId, crowdNotices, deps, hearing, pauseHabits, showPanel, utterances } =
    options;
  const { clock, codec } = deps;
  const { loop, speech } = session;
  const closing = new AbortController();
  const sent = new SentEnvelope();
  const { voice, cues, mixer } = openConnectionSound(
    speech.mix,
    codec,
    deps.cues,
    sent,
  );
  const output = new SpeechOutput(
    voice,
    clock,
    (segment) => reportSpoken(session, segment),
    speech.pace,
  );
  const inputs = new SpeakerInputs((speakerId) =>
    createSpeakerInput(speakerId, sent, codec, hearing, pauseHabits),
  );
  hearing.turnModel?.load();
  const bargeIns = new BargeIns(loop, clock, output, cues);
  const waitingCues = new WaitingCues(session, options, cues, closing.signal);
  const connection: Connection = {
    link,
    session,
    clock,
    deps,
    inputs,
    output,
    bargeIns,
    utterances,
    crowdNotices,
    async judgeTurn(speakerId, { askedAtMs, sound }) {
      const { guildId } = session.voiceChannel.channel;
      const judged = { guildId, samples: sound };
      const probability = await hearing.turnModel?.judge(judged, closing.signal);
      const nowMs = clock.nowMs();
      const input = inputs.find(speakerId);
      const events = input?.onJudged(askedAtMs, probability, nowMs);
      handleInputs(speakerId, events, connection);
    },
    showPanel: () => showPanel(inputs.listTalking()),
    [Symbol.dispose]() {
      loop.attachConnection(undefined);
      closing.abort(new Error('the connection is closed'));
      voice.cut();
      inputs.close();
    },
  };
  attachToLoop(connection, voice, cues, waitingCues);
  playMixedFrames(connection, mixer);
  loop.post({ kind: 'link-up' });
  greetOnArrival(session, clock, link.listPeople(), callerId);
  return connection;
}

/** Lets the conversation speak and hear through the connection. */
function attachToLoop(
  connection: Connection,
  voice: VoiceTrack,
  cues: CueTrack,
  waitingCues: WaitingCues,
) {
  const { bargeIns, clock, inputs, output, session } = connection;
  session.loop.attachConnection({
    output,
    giveTranscript(speakerId, transcript) {
      const input = inputs.find(speakerId);
      const events = input?.addTranscript(transcript, clock.nowMs());
      handleInputs(speakerId, events, connection);
    },
    giveWordsJudgement(speakerId, judgement) {
      const input = inputs.find(speakerId);
      const events = input?.onWordsJudged(judgement, clock.nowMs());
      handleInputs(speakerId, events, connection);
    },
    hearPartial: (speakerId, text) => bargeIns.hearPartial(speakerId, text),
    isSpeaking: () => voice.isSounding,
    playCue: (samples, onSent) => cues.playSamples(samples, onSent),
    hearMeaning: (personId, meaning, isMeant) =>
      bargeIns.hearMeaning({ personId, meaning, isMeant, isFinal: true }),
    playWaitingCue: (cue) => waitingCues.playCue(cue),
    endWaitingCues: () => waitingCues.endCues(),
  });
}

/** Sends the mixed sound of all tracks, frame by frame, and wakes the link when one begins. */
function playMixedFrames(
  { bargeIns, link, session: { loop } }: Connection,
  mixer: Mixer,
) {
  const { wake } = link.playFrames({
    pullFrame() {
      loop.updateSound();
      bargeIns.tick();
      return mixer.pullFrame();
    },
    get isIdle() {
      return mixer.isIdle;
    },
    markSent(frame, atMs) {
      mixer.markSent(frame, atMs);
      loop.updateSound();
    },
  });
  mixer.onSound(wake);
}

function handleInputs(
  speakerId: PersonId,
  events: readonly SpeakerInputEvent[] = [],
  connection: Connection,
) {
  for (const event of events) handleInput(speakerId, event, connection);
}

function handleInput(
  speakerId: PersonId,
  event: SpeakerInputEvent,
  { bargeIns, judgeTurn, utterances }: Connection,
) {
  if (event.kind === 'ask-turn-model') return void judgeTurn(speakerId, event);
  // Barge-in goes first, as it must not wait for recognition.
  bargeIns.handleInput(speakerId, event);
  utterances.handleInput(speakerId, event);
}
