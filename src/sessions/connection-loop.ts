import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { SentEnvelope } from '#src/audio/echo/sent-envelope.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import { runTogether } from '#src/base/loops/run-together.ts';
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
import { addVoiceLanguage } from '#src/pipeline/prompt.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import type { SpokenSegment } from '#src/ports/feature-session.ts';
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
import { createBargeIns } from '#src/voice/hearing/barge-in.ts';
import {
  createSpeakerInputs,
  type SpeakerInputEvent,
} from '#src/voice/hearing/speaker-input.ts';
import { createSpeechOutput } from '#src/voice/output/speech-output.ts';

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
/** Meanwhile a budget may begin anew. */
const maxCheckGapMs = 60_000;

export type ConnectionOptions = {
  readonly callerId: PersonId;
  readonly hearing: HearingDeps;
  readonly pauseHabits: PauseHabits;
  readonly utterances: UtteranceRunner;
  readonly deps: VoiceDeps & Deps<'codec' | 'cues' | 'panels'>;
  readonly wakeup: Wakeup;
  readonly findRunningStep: (answer: Id | undefined) => PlainTextId | undefined;
  showPanel(talkingIds: readonly PersonId[]): void;
};

type Connection = ReturnType<typeof openConnection>;

type ConnectionClock = ReturnType<typeof createConnectionClock>;

/** Creates the clock of one connection, which sleeps until its next deadline while nothing happens. */
function createConnectionClock(connection: Connection, wakeup: Wakeup) {
  let lastPacketAtMs = Number.NEGATIVE_INFINITY;
  let isTicking = false;
  let nowMs = connection.clock.nowMs();
  let wokenAtMs = nowMs;
  let checkAtMs = nowMs;
  let knownPresence: readonly unknown[] = [];

  function runStep(signal: AbortSignal) {
    signal.throwIfAborted();
    const { inputs, bargeIns, session } = connection;
    const atMs = nowMs;
    for (const { speakerId, event } of inputs.tick(atMs))
      handleInput(speakerId, event, connection);
    session.loop.updateSound();
    bargeIns.tick();
    if (atMs >= checkAtMs) checkPresence();
  }

  function checkPresence() {
    const { link, output, session } = connection;
    checkAtMs = nowMs + activeCheckMs;
    updatePresence(connection);
    const people = link.listPeople();
    session.speech.mix.tracks.pause(people.every(({ isBot }) => isBot));
    const presence = [people, session.loop.state.presence, session.speech.canSpeak()];
    if (!isDeepStrictEqual(presence, knownPresence))
      session.features.onPresence(people);
    knownPresence = presence;
    const { spokenSoFar } = output;
    if (spokenSoFar) reportSpoken(session, spokenSoFar);
    connection.showPanel();
  }

  function getWaitMs() {
    const { inputs, session } = connection;
    if (inputs.isPausing) return pauseTickMs;
    if (inputs.isBusy(nowMs)) return tickMs;
    const { turnQueue, turns } = session.loop.state;
    const isBusy =
      turnQueue.current !== undefined ||
      turns.some(({ openSpeech }) => openSpeech.length > 0);
    const sinceMs = nowMs - wokenAtMs;
    if (isBusy || sinceMs < activeAfterWakeMs) return activeCheckMs;
    return sinceMs < slowCheckAfterWakeMs || session.speech.mix.tracks.isMoving
      ? slowCheckMs
      : maxCheckGapMs;
  }

  /** Returns the wait of the timer, which is longer while packets cause the steps. */
  function getTimerMs(waitMs: number) {
    isTicking = waitMs === tickMs;
    return isTicking && nowMs - lastPacketAtMs < packetTimeoutMs
      ? packetTimeoutMs
      : waitMs;
  }

  return {
    async run(signal: AbortSignal): Promise<never> {
      const { clock, session } = connection;
      const wake = () => wakeup.wake();
      using _ = session.speech.mix.tracks.listen(wake);
      signal.addEventListener('abort', wake);
      try {
        for (;;) {
          runStep(signal);
          const waitMs = getWaitMs();
          const dueMs = nowMs + waitMs;
          const isWoken = await wakeup.wait(getTimerMs(waitMs));
          if (clock.nowMs() - dueMs > minHoldMs) await readPendingPackets(signal);
          nowMs = clock.nowMs();
          if (isWoken) wokenAtMs = nowMs;
        }
      } finally {
        signal.removeEventListener('abort', wake);
      }
    },
    /** Ends the wait for a step of endpointing, at once where a pause begins. */
    onPacket() {
      const { clock, inputs } = connection;
      lastPacketAtMs = clock.nowMs();
      const isDue = lastPacketAtMs - nowMs >= minPacketStepMs || inputs.isPausing;
      if (isTicking && isDue) wakeup.end();
    },
  };
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
function updatePresence({ inputs, bargeIns, link, session }: Connection) {
  session.loop.syncPeople();
  inputs.closeOthers((speakerId) => session.consent.mayHear(speakerId));
  const people = link.listPeople();
  bargeIns.updatePresence((personId) => people.some(({ id }) => id === personId));
}

/** Runs a connection until its loss. Errors: as `VoiceLink.hear`. */
export async function runConnection(
  link: VoiceLink,
  session: Session,
  sources: ConnectionOptions,
  signal: AbortSignal,
): Promise<'lost'> {
  const { consent, loop, undecided } = session;
  const { wakeup } = sources;
  using connection = openConnection(link, session, sources);
  const clock = createConnectionClock(connection, wakeup);
  consent.onChange(() => {
    updatePresence(connection);
    connection.showPanel();
    wakeup.wake();
  });
  link.onPeople(() => {
    updatePresence(connection);
    wakeup.wake();
  });
  link.onUnheard((speakerId) => {
    undecided.onUnheardPacket(speakerId);
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
  const { link, inputs, session } = connection;
  for await (const packet of link.receivePackets(signal)) {
    const { speakerId } = packet;
    if (!session.consent.mayHear(speakerId)) continue;
    if (!inputs.isBusy(packet.atMs)) wakeup.wake();
    for (const one of inputs.addPacket(packet)) handleInput(speakerId, one, connection);
    clock.onPacket();
  }
  return 'lost';
}

const maxCueMs = 5_000;

function createWaitingCues(
  session: Session,
  sources: Pick<ConnectionOptions, 'deps' | 'findRunningStep'>,
  cues: CueTrack,
  signal: AbortSignal,
) {
  const played = new Set<PlayedCue>();

  /** Says what the tool of an awaited answer does, or that it takes long. */
  async function sayOneMoment() {
    const { loop, place } = session;
    const turn = findCurrentTurn(loop.state);
    const { reply } = loop.state.turnQueue.current ?? {};
    if (!turn) return;
    // A voice that fails now is reported with the answer.
    const pieces = await synthesizeLine(
      sources.findRunningStep(reply) ?? 'slow.voice',
      place.languages.find(turn.by),
    );
    const isAwaited =
      findAwaitedReply(loop.state)?.reply === reply && isQuiet(loop.state.turns);
    if (signal.aborted || !isAwaited || pieces.length === 0) return;
    const samples = joinSamples(pieces).subarray(0, (maxCueMs * speakRateHz) / 1000);
    played.add(cues.say(samples));
  }

  async function synthesizeLine(id: PlainTextId, language: string | undefined) {
    const { notices, place } = session;
    const { spending, synthesizer } = sources.deps;
    const words = notices.formatSpokenText({ id }, language);
    const voice = addVoiceLanguage(notices.getSpokenLocale(language), place.getStyle());
    const opened = spending.open(
      toSpeechRequest('notice', place.channel.guildId, words),
    );
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new RateConverter(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = synthesizer
        .withReservation(reservation)
        .synthesize(words, voice, signal);
      for await (const pcm of sound)
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }

  return {
    playCue(cue: WaitingCue) {
      if (cue === 'tick') played.add(cues.play('thinking'));
      if (cue === 'moment') void sayOneMoment();
    },
    endCues() {
      for (const cue of played) cues.cut(cue);
      played.clear();
    },
  };
}

function reportSpoken(
  { features, notices }: Owners<'features' | 'notices'>,
  sent: SpokenSegment,
) {
  features.onSpoken(sent);
  notices.reportEvent({
    kind: 'words',
    text: sent.text,
    isWhole: sent.isOver && !sent.isAnswer,
  });
}

function openConnection(link: VoiceLink, session: Session, sources: ConnectionOptions) {
  const { callerId, deps, hearing, pauseHabits, showPanel, utterances } = sources;
  const { clock, codec } = deps;
  const { loop, speech } = session;
  const over = new AbortController();
  const sent = new SentEnvelope();
  const { voice, cues, mixer } = openConnectionSound(
    speech.mix,
    codec,
    deps.cues,
    sent,
  );
  const output = createSpeechOutput(
    voice,
    clock,
    (words) => reportSpoken(session, words),
    speech.pace,
  );
  const inputs = createSpeakerInputs((speakerId) =>
    createSpeakerInput(speakerId, sent, codec, hearing, pauseHabits),
  );
  hearing.turnModel?.load();
  const bargeIns = createBargeIns(loop, clock, output, cues);
  const waiting = createWaitingCues(session, sources, cues, over.signal);
  const connection = {
    link,
    session,
    clock,
    inputs,
    output,
    bargeIns,
    utterances,
    /** Asks the turn model whether a turn is over. Never throws. */
    async judgeTurn(
      speakerId: PersonId,
      { askedAtMs, sound }: Extract<SpeakerInputEvent, { kind: 'ask-turn-model' }>,
    ): Promise<void> {
      const probability = await hearing.turnModel?.judge(sound, over.signal);
      const nowMs = clock.nowMs();
      const input = inputs.find(speakerId);
      handleInputs(speakerId, input?.onJudged(askedAtMs, probability, nowMs));
    },
    showPanel: () => showPanel(inputs.listTalking()),
    [Symbol.dispose]() {
      loop.attachConnection(undefined);
      over.abort(new Error('the connection is closed'));
      voice.cut();
      inputs.close();
    },
  };
  const handleInputs = (speakerId: PersonId, events: SpeakerInputEvent[] = []) => {
    for (const event of events) handleInput(speakerId, event, connection);
  };
  loop.attachConnection({
    output,
    giveTranscript(speakerId, understood) {
      const input = inputs.find(speakerId);
      handleInputs(speakerId, input?.addTranscript(understood, clock.nowMs()));
    },
    giveWordsJudgement(speakerId, judgement) {
      const input = inputs.find(speakerId);
      handleInputs(speakerId, input?.onWordsJudged(judgement, clock.nowMs()));
    },
    hearPartial: bargeIns.hearPartial,
    isSpeaking: () => voice.isSounding,
    playCue: cues.say,
    hearMeaning: (personId, meaning, isMeant) =>
      bargeIns.hearMeaning({ personId, meaning, isMeant, isFinal: true }),
    playWaitingCue: waiting.playCue,
    endWaitingCues: waiting.endCues,
  });
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
  loop.post({ kind: 'link-up' });
  greetOnArrival(session, clock, link.listPeople(), callerId);
  return connection;
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
