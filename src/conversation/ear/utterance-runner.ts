import { LiveSound } from '#src/audio/live-sound.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { Glimpses } from '#src/conversation/ear/glimpses.ts';
import type {
  SpeakerInputEvent,
  UtteranceEnd,
} from '#src/conversation/ear/speaker-input.ts';
import { UtteranceRecording } from '#src/conversation/ear/utterance-recording.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationFact } from '#src/conversation/machine/effects.ts';
import { findOpenSpeech, isSpeaking } from '#src/conversation/machine/selectors.ts';
import type {
  HeardUtterance,
  Id,
  UtteranceState,
} from '#src/conversation/machine/state.ts';
import { canPreempt } from '#src/conversation/machine/turn-addressing.ts';
import type { HearingDeps } from '#src/conversation/mouth/reconnecting-connection.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { TellJudgement } from '#src/pipeline/words-judge.ts';
import type { FollowUtterance, UtteranceContent } from '#src/ports/feature-session.ts';
import type { GlimpseOptions } from '#src/ports/room-view.ts';
import { collectHints, withTranscriptionOptions } from '#src/speech/hints.ts';
import { HeldListening, openListening } from '#src/speech/listen.ts';
import type { Transcriber, Transcript } from '#src/speech/speech-engine.ts';
import type { HearingBudget } from '#src/spending/budget-authority.ts';
import { toAnswerRequest } from '#src/spending/reservation.ts';
import { classifyContent } from '#src/turn/decide-utterance.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import { UnpaidSpeech } from './unpaid-speech.ts';

type BeganEvent = Extract<SpeakerInputEvent, { kind: 'began' }>;
type PauseEvent = Extract<SpeakerInputEvent, { kind: 'paused' | 'long-pause' }>;
type LikelyOverEvent = Extract<
  SpeakerInputEvent,
  { kind: 'likely-over' | 'sounds-over' }
>;
type UtteranceOverFact = Extract<ConversationFact, { kind: 'utterance-over' }>;

type UtteranceRunnerDeps = Deps<
  | 'clock'
  | 'cues'
  | 'localRecogniser'
  | 'pipelines'
  | 'roomView'
  | 'spending'
  | 'transcriber'
> & {
  readonly hearing: HearingDeps;
  /** Creates a turn of one utterance as it would be asked now. */
  readonly createTurn: (utterance: TurnUtterance) => Turn;
  /** Lists the server's own words, which a recogniser is told. */
  readonly listVocabulary: () => readonly string[];
};

/** Keeps the recordings of utterances, asks for their words and performs the conversation's effects on them. */
export class UtteranceRunner {
  /** Speech that the usual recogniser does not get. */
  readonly unpaidSpeech: UnpaidSpeech;
  readonly #session: Session;
  readonly #deps: UtteranceRunnerDeps;
  readonly #recordings = new Map<Id, UtteranceRecording>();
  readonly #openRecordings = new Map<PersonId, UtteranceRecording>();
  #nextId = 1;

  constructor(session: Session, deps: UtteranceRunnerDeps) {
    this.#session = session;
    this.#deps = deps;
    this.unpaidSpeech = new UnpaidSpeech(session, deps);
  }

  /** Records the sound of an event, and tells the conversation of beginnings, pauses and ends. */
  handleInput(speakerId: PersonId, event: SpeakerInputEvent): void {
    if (event.kind === 'began') this.#beginIfAffordable(speakerId, event);
    if (event.kind === 'ended')
      void this.unpaidSpeech.end(speakerId, event, this.#collectHints());
    const recording = this.#openRecordings.get(speakerId);
    if (!recording) return;
    const { id: utterance } = recording;
    const { loop } = this.#session;
    if (this.#isOverlaid(speakerId)) loop.post({ kind: 'overlaid', utterance });
    switch (event.kind) {
      case 'began':
      case 'sound':
        recording.addSound(event.pieces);
        return;
      case 'paused':
      case 'long-pause':
        this.#postPause(recording, event);
        return;
      case 'resumed':
        loop.post({ kind: 'resumed', utterance });
        if (recording.live) this.#feedModel(recording);
        return;
      case 'likely-over':
      case 'sounds-over':
        this.#postLikelyEnd(recording, event);
        return;
      case 'ended':
        this.#openRecordings.delete(speakerId);
        void this.#endSound(recording, event);
        return;
      case 'ask-turn-model':
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  #postPause(recording: UtteranceRecording, event: PauseEvent) {
    recording.getSoundSoFar = event.soFar;
    this.#session.loop.post({
      kind: 'paused',
      utterance: recording.id,
      evidence: event.heard,
      isLong: event.kind === 'long-pause',
      isCostly: this.#isTranscriptCostly,
    });
  }

  #postLikelyEnd(recording: UtteranceRecording, event: LikelyOverEvent) {
    // Without words only a model that hears can answer.
    const { pipeline } = this.#session.voiceChannel.getSettings();
    if (event.kind === 'sounds-over' && pipeline === 'chained') return;
    recording.getSoundSoFar = event.soFar;
    this.#session.loop.post({
      kind: 'likely-over',
      utterance: recording.id,
      evidence: event.heard,
      isCostly: this.#isTranscriptCostly,
    });
  }

  /** Begins to recognise an utterance while it is spoken, where the recogniser streams. */
  startListening(id: Id): void {
    this.#recordings.get(id)?.startListening();
    this.#deps.hearing.warm();
  }

  /** Asks for the words up to a pause, and posts `words` or `unrecognised` unless a later request replaced it. Never rejects. */
  async requestTranscript(id: Id, pause: number): Promise<void> {
    const recording = this.#recordings.get(id);
    if (!recording) return;
    const { loop, voiceChannel } = this.#session;
    const { speakerId } = recording;
    const text = recording.requestTranscript();
    const result = await text.catch((error: unknown) => ({ error }));
    if (!recording.isLatestRequest(text) || this.#recordings.get(id) !== recording)
      return;
    if ('error' in result) {
      loop.post({ kind: 'unrecognised', utterance: id, pause, error: result.error });
      return;
    }
    const utterance = this.#findUtterance(id);
    if (utterance?.heard.partial !== undefined)
      this.#deps.hearing.partialTrust.compare(utterance.heard.partial, result.text);
    if (utterance && classifyRecording(utterance, result).kind === 'text') {
      recording.captionWords(result.text, true);
      this.#showWords(recording, result.text);
    }
    if (recording.wholeSound) await voiceChannel.languages.learn(speakerId, result);
    const language = voiceChannel.languages.find(speakerId);
    loop.post({ kind: 'words', utterance: id, pause, text: result.text, language });
  }

  /** Drops the request for words of a pause in which the speaker went on. */
  cancelRecognition(id: Id): void {
    this.#recordings.get(id)?.cancelRequest();
  }

  /** Gives endpointing the words up to a pause. Undefined: there will be none. */
  giveEndpointingText(id: Id, text: string | undefined): void {
    const recording = this.#recordings.get(id);
    if (!recording || this.#openRecordings.get(recording.speakerId) !== recording)
      return;
    const { speakerId, transcript } = recording;
    if (text === undefined) void this.#endpointWithoutText(recording);
    else {
      this.#connection?.giveTranscript(speakerId, transcript ?? { text });
      if (this.#findUtterance(id)?.isOverlapping)
        this.#connection?.hearPartial(speakerId, text);
    }
  }

  /** Begins to wait for a judgement on the words up to the pause of an open utterance, and returns its taker. */
  awaitWordsJudgement(id: Id | undefined, question: Id): TellJudgement | undefined {
    const recording = id === undefined ? undefined : this.#recordings.get(id);
    const { wordsJudges: trust } = this.#deps.hearing;
    const configuredModel = this.#deps.pipelines.getEngineNames('chained');
    if (!recording || !trust?.shouldAsk(configuredModel)) return undefined;
    const { speakerId } = recording;
    if (this.#openRecordings.get(speakerId) !== recording) return undefined;
    const isTrusted = trust.isTrusted(configuredModel);
    const judgement = { question, isTrusted, logit: 0 };
    this.#connection?.giveWordsJudgement(speakerId, { ...judgement, isPending: true });
    return (isWhole, model = configuredModel) =>
      this.#connection?.giveWordsJudgement(speakerId, {
        ...judgement,
        isPending: false,
        logit: trust.weigh(model, isWhole),
        learn: (wentOn) => trust.learn(model, { isWhole, wentOn }),
      });
  }

  /** Drops an utterance. Captions that follow it still get its words. */
  forgetRecording(id: Id): void {
    const recording = this.#recordings.get(id);
    if (!recording) return;
    const { isFollowed, speakerId } = recording;
    recording.live?.end();
    if (recording.hasShownWords) this.#showWords(recording, '');
    this.#recordings.delete(id);
    if (this.#openRecordings.get(speakerId) === recording)
      this.#openRecordings.delete(speakerId);
    if (!isFollowed) recording.settle({ kind: 'not-understood' }, false);
  }

  /** Gives the result of a decided utterance to captions and programs. */
  endRecording(fact: UtteranceOverFact): void {
    const { end, utterance } = fact;
    const recording = this.#recordings.get(utterance.id);
    if (!recording) return;
    if (end === 'cancelled') void this.#captionBrokenOff(recording, utterance);
    else this.#settleRecording(recording, fact);
    this.unpaidSpeech.listenAgain(recording, utterance);
    const { error } = utterance.heard.failure ?? {};
    if (error instanceof BotError && end !== 'meant' && end !== 'withdrawn')
      this.#session.notices.reportFailure(error, 'recognise');
  }

  #settleRecording(
    recording: Pick<UtteranceRecording, 'settle' | 'transcript'>,
    { by, end, name, utterance, why: reason }: UtteranceOverFact,
  ) {
    const isWithdrawn =
      end === 'withdrawn' || this.#session.loop.state.presence.consent.no.includes(by);
    const content = isWithdrawn
      ? withdrawnContent
      : classifyRecording(utterance, recording.transcript);
    if (!isWithdrawn && end !== 'nothing')
      this.#reportTranscript(utterance.heard, by, name);
    if (reason)
      this.#session.notices.reportEvent({
        kind: 'ignored',
        speakerId: by,
        name,
        why: reason,
      });
    recording.settle(this.#addLanguage(content), !isWithdrawn && end === 'meant');
  }

  /** Converts an utterance for a pipeline. `text` holds the words on which the answer is begun. */
  toTurnUtterance(id: Id, text: string | undefined): TurnUtterance | undefined {
    const recording = this.#recordings.get(id);
    const sound = recording?.wholeSound ?? recording?.getSoundSoFar?.();
    if (!recording || !sound) return undefined;
    const { name, speakerId } = recording;
    const isGuess = text !== undefined && recording.transcript?.text !== text;
    const recogniseWords = () =>
      isGuess ? Promise.resolve({ text }) : recording.requestTranscript();
    const { live } = recording;
    return { ...sound, live, speakerId, name, transcript: recogniseWords };
  }

  get #connection() {
    return this.#session.speech.connection.now;
  }

  #findUtterance(id: Id) {
    return findOpenSpeech(this.#session.loop.state, id)?.utterance;
  }

  #isOverlaid(speakerId: PersonId) {
    // The sound around a person matters only while a yes is awaited.
    const { state } = this.#session.loop;
    if (state.tools.confirmations.every((confirmation) => !confirmation.spokenYes))
      return false;
    const isAlone = [...this.#openRecordings.keys()].every((id) => id === speakerId);
    return (
      !isAlone ||
      isSpeaking(state.turnQueue) ||
      this.#session.speech.mix.tracks.isAudible
    );
  }

  /** Returns whether a transcript in a pause has a cost that settings save. */
  get #isTranscriptCostly() {
    // Recognisers without a price and streams cost nothing more in a pause.
    if (!this.#session.loop.state.session.settings.isSparing) return false;
    const { guildId } = this.#session.voiceChannel.channel;
    const isFree = this.#deps.spending.getPrices(guildId).free.includes('recognise');
    return !isFree && !this.#deps.transcriber.has('listen');
  }

  async #endpointWithoutText(recording: Pick<UtteranceRecording, 'id' | 'speakerId'>) {
    await Promise.resolve(); // All other events go first.
    const { id, speakerId } = recording;
    const recognition = this.#findUtterance(id)?.recognition;
    if (
      this.#openRecordings.get(speakerId) === recording &&
      recognition &&
      recognition !== 'requested'
    )
      this.#connection?.giveTranscript(speakerId, { text: '' });
  }

  /** Begins a recording. If nothing pays for it, silences the bot, and listens for commands alone. */
  #beginIfAffordable(speakerId: PersonId, began: BeganEvent) {
    const { features, loop, voiceChannel, speech } = this.#session;
    const { guildId } = voiceChannel.channel;
    this.unpaidSpeech.forget(speakerId);
    const follow = features.followSpeaker(speakerId);
    const { current } = loop.state.turnQueue;
    const isSpeaking = current !== undefined && current.phase.kind !== 'making';
    // If a person has used their share, the server pays for a possible stop.
    const isWanted = follow !== undefined || isSpeaking;
    const budget = this.#deps.spending.openHearingBudget(guildId, speakerId, isWanted);
    if ('reservation' in budget) {
      this.#beginRecording(speakerId, began, follow, budget);
      return;
    }
    this.unpaidSpeech.begin(speakerId, budget, follow !== undefined);
    if (isSpeaking) speech.requests.stopEverything(); // The words may be a stop.
  }

  #beginRecording(
    speakerId: PersonId,
    { fromMs }: BeganEvent,
    follow: FollowUtterance | undefined,
    budget: HearingBudget,
  ) {
    const { loop, voiceChannel } = this.#session;
    const { languages } = voiceChannel;
    const name = voiceChannel.findPerson(speakerId)?.name ?? 'Someone';
    languages.prefetch(speakerId);
    const hints = this.#collectHints();
    const recogniserOptions = { hints, language: languages.getExpected(speakerId) };
    const transcriber = withTranscriptionOptions(
      this.#deps.transcriber.withReservation(budget.reservation),
      recogniserOptions,
    );
    const id = this.#nextId++;
    const recording: UtteranceRecording = new UtteranceRecording({
      id,
      speakerId,
      name,
      glimpses: this.#createGlimpses(recogniserOptions, () => recording),
      listening: this.#createListening(transcriber, () => recording),
      clock: this.#deps.clock,
      follower: follow?.({ speakerId, name, fromMs }),
      onDecided: (meant) => budget.decide(meant),
    });
    this.#recordings.set(id, recording);
    this.#openRecordings.set(speakerId, recording);
    loop.post({
      kind: 'began',
      utterance: id,
      by: speakerId,
      fromMs,
      hints,
      isCaptioned: recording.isFollowed,
    });
    if (this.#findUtterance(id)) {
      this.#feedModel(recording);
      return;
    }
    this.forgetRecording(id);
    recording.settle({ kind: 'not-understood' }, false);
  }

  /** Creates what shows words so far on a page. Undefined where nobody looks, or a stream shows them. */
  #createGlimpses(options: GlimpseOptions, recording: () => UtteranceRecording) {
    const { roomView, transcriber } = this.#deps;
    const isUseful = roomView?.isWatched && roomView.glimpse !== undefined;
    if (!isUseful || transcriber.has('listen')) return undefined;
    return new Glimpses(roomView, options, (text) => {
      const { speakerId } = recording();
      if (this.#openRecordings.get(speakerId) === recording())
        this.#showWords(recording(), text);
    });
  }

  /** Shows words so far on an open page, which may still change. */
  #showWords(
    recording: Pick<UtteranceRecording, 'hasShownWords' | 'name'>,
    text: string,
  ) {
    if (!this.#deps.roomView?.isWatched) return;
    const { name } = recording;
    recording.hasShownWords = true;
    this.#session.notices.reportEvent({ kind: 'words', name, text, isWhole: false });
  }

  /** Collects names and words that a recogniser is told. Only people with a yes are named. */
  #collectHints() {
    const { consent, loop, voiceChannel } = this.#session;
    const agreed = voiceChannel
      .listPeople()
      .filter(({ id, isBot }) => !isBot && consent.getStanding(id) === 'yes');
    return collectHints(
      loop.state.session.settings.names,
      this.#deps.listVocabulary(),
      agreed.map((person) => person.name),
    );
  }

  /**
   * Feeds an utterance to a model that hears while it is spoken, if any words will be answered.
   */
  #feedModel(recording: UtteranceRecording) {
    const { loop, voiceChannel } = this.#session;
    const { pipeline } = voiceChannel.getSettings();
    const state = { ...loop.state, step: { rules: conversationRules } };
    const speech = findOpenSpeech(state, recording.id);
    const { name, speakerId } = recording;
    const { answers = 'spoken' } = voiceChannel.getChoices(speakerId);
    if (pipeline === 'chained' || answers !== 'spoken') return;
    if (!speech || speech.turn.parts.length > 0) return;
    if (!canPreempt(state, speech, undefined, true)) return;
    const { fromMs } = speech.utterance.times;
    const utterance = {
      speakerId,
      name,
      fromMs,
      transcript: () => recording.requestTranscript(),
    };
    const turn = this.#deps.createTurn(utterance);
    const { guildId } = voiceChannel.channel;
    const request = toAnswerRequest(turn, guildId, 'sound sent ahead', speakerId);
    const opened = this.#deps.spending.open(request);
    if (opened.kind === 'refused') return;
    recording.live ??= new LiveSound();
    this.#deps.pipelines
      .open(pipeline)
      .withReservation(opened.reservation)
      .feed(turn, recording.live);
  }

  #createListening(transcriber: Transcriber, recording: () => UtteranceRecording) {
    const { loop, notices, signal } = this.#session;
    const isStreamed = transcriber.listen !== undefined;
    const onPartial = (text: string) => {
      const { id, name, speakerId } = recording();
      recording().captionWords(text, false);
      notices.reportEvent({ kind: 'words', name, text, isWhole: false });
      loop.post({ kind: 'partial', utterance: id, text, isStreamed });
      if (this.#openRecordings.get(speakerId) !== recording()) return;
      this.#connection?.giveTranscript(speakerId, { text });
      if (this.#findUtterance(id)?.isOverlapping)
        this.#connection?.hearPartial(speakerId, text);
    };
    return new HeldListening(
      (inner) => openListening(transcriber, onPartial, inner),
      signal,
    );
  }

  async #endSound(
    recording: Pick<
      UtteranceRecording,
      'id' | 'speakerId' | 'transcript' | 'wholeSound'
    >,
    ended: UtteranceEnd,
  ) {
    const { id, speakerId, transcript } = recording;
    const { endedAtMs: endedMs, heard: evidence, whole, why: reason } = ended;
    recording.wholeSound = whole;
    if (transcript)
      await this.#session.voiceChannel.languages.learn(speakerId, transcript);
    const isTooLong = reason === 'too-long';
    const { toMs } = whole;
    this.#session.loop.post({
      kind: 'ended',
      utterance: id,
      toMs,
      endedMs,
      evidence,
      isTooLong,
    });
  }

  async #captionBrokenOff(
    recording: Pick<
      UtteranceRecording,
      'isFollowed' | 'requestTranscript' | 'settle' | 'speakerId'
    >,
    utterance: UtteranceState,
  ) {
    // No answer is made of it, but captions are.
    const { consent } = this.#session;
    const { isFollowed, speakerId } = recording;
    const signal = consent.withdrawals.getSignal(speakerId);
    const text = utterance.heard.understood;
    let content: UtteranceContent =
      text.trim() === ''
        ? { kind: 'not-understood' }
        : { kind: 'text', transcript: { text } };
    if (!consent.mayHear(speakerId)) content = withdrawnContent;
    else if (isFollowed) {
      const transcript = await recording.requestTranscript().catch(() => undefined);
      if (signal.aborted) content = withdrawnContent;
      else if (transcript) content = classifyRecording(utterance, transcript);
    }
    recording.settle(this.#addLanguage(content), false);
  }

  /** Adds the language of the words, where the recogniser told none. */
  #addLanguage(content: UtteranceContent): UtteranceContent {
    if (content.kind !== 'text') return content;
    const { transcript } = content;
    const language = this.#session.voiceChannel.languages.findSpoken(transcript);
    return language === undefined
      ? content
      : { kind: 'text', transcript: { ...transcript, language } };
  }

  #reportTranscript(
    { isTooLong, words: text }: HeardUtterance,
    speakerId: PersonId,
    name: string,
  ) {
    if (text === undefined) return;
    const { consent, notices, voiceChannel } = this.#session;
    const isLeftOut = !consent.canWrite(speakerId);
    const cut = isTooLong ? ({ cut: 'too-long' } as const) : {};
    notices.reportEvent({
      kind: 'recognised',
      channelId: voiceChannel.channel.channelId,
      speakerId,
      name,
      text,
      isLeftOut,
      ...cut,
    });
  }
}

const withdrawnContent: UtteranceContent = { kind: 'withdrawn' };

function classifyRecording(
  utterance: UtteranceState,
  transcript: Transcript | undefined,
): UtteranceContent {
  const { evidence, hints } = utterance.heard;
  const { text } = transcript ?? {};
  // Words alone decide about an utterance that was broken off before a voice was proven.
  const isJudged = utterance.isEnded || text === undefined || hasVoice(evidence);
  const contentClass = isJudged
    ? classifyContent({ evidence, text, hints })
    : classifyTranscript(text);
  if (contentClass === 'words' && transcript) return { kind: 'text', transcript };
  return { kind: contentClass === 'no-words' ? contentClass : 'not-understood' };
}

function classifyTranscript(text: string) {
  return text.trim() === '' ? 'no-words' : 'words';
}
