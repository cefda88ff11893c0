import { LiveSound } from '#src/audio/live-sound.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import type { ConversationFact } from '#src/conversation/machine/effects.ts';
import { findOpenSpeech, isSpeaking } from '#src/conversation/machine/selectors.ts';
import type {
  HeardUtterance,
  Id,
  UtteranceState,
} from '#src/conversation/machine/state.ts';
import { canPreempt } from '#src/conversation/machine/turn-addressing.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { WordsJudge } from '#src/pipeline/words-judge.ts';
import type { FollowUtterance, UtteranceContent } from '#src/ports/feature-session.ts';
import { collectHints, withTranscriptionOptions } from '#src/speech/hints.ts';
import { HeldListening, openListening } from '#src/speech/listen.ts';
import type { Transcriber, Transcript } from '#src/speech/speech-engine.ts';
import type { BudgetRefusal, HearingBudget } from '#src/spending/budget-authority.ts';
import { classifyContent } from '#src/turn/decide-utterance.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import type { HearingDeps } from '#src/voice/connection/reconnecting-connection.ts';
import type {
  SpeakerInputEvent,
  UtteranceEnd,
} from '#src/voice/hearing/speaker-input.ts';
import { UtteranceRecording } from '#src/voice/hearing/utterance-recording.ts';

type BeganEvent = Extract<SpeakerInputEvent, { kind: 'began' }>;
type UtteranceOverFact = Extract<ConversationFact, { kind: 'utterance-over' }>;

type UtteranceRunnerDeps = Deps<
  'clock' | 'cues' | 'pipelines' | 'spending' | 'transcriber'
> & {
  readonly hearing: HearingDeps;
  /** Creates a turn as it would be asked now. */
  readonly createTurn: (said: readonly TurnUtterance[]) => Turn;
  readonly vocabulary: () => readonly string[];
};

export class UtteranceRunner {
  readonly #session;
  readonly #deps;
  readonly #recordings = new Map<Id, UtteranceRecording>();
  readonly #openRecordings = new Map<PersonId, UtteranceRecording>();
  #nextId = 1;

  constructor(session: Session, deps: UtteranceRunnerDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  handleInput(speakerId: PersonId, noticed: SpeakerInputEvent) {
    if (noticed.kind === 'began') this.#beginIfAffordable(speakerId, noticed);
    const recording = this.#openRecordings.get(speakerId);
    if (!recording) return;
    const { id: utterance } = recording;
    const { loop } = this.#session;
    if (this.#isOverlaid(speakerId)) loop.post({ kind: 'overlaid', utterance });
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        recording.addSound(noticed.pieces);
        return;
      case 'paused':
      case 'long-pause': {
        const { heard: evidence, kind } = noticed;
        recording.getSoundSoFar = noticed.soFar;
        const [isLong, isCostly] = [kind === 'long-pause', this.#isTranscriptCostly];
        loop.post({ kind: 'paused', utterance, evidence, isLong, isCostly });
        return;
      }
      case 'resumed':
        loop.post({ kind: 'resumed', utterance });
        if (recording.live) this.#feedModel(recording);
        return;
      case 'likely-over':
      case 'sounds-over': {
        // Without words only a model that hears can answer.
        const { pipeline } = this.#session.place.getSettings();
        if (noticed.kind === 'sounds-over' && pipeline === 'chained') return;
        recording.getSoundSoFar = noticed.soFar;
        const isCostly = this.#isTranscriptCostly;
        loop.post({
          kind: 'likely-over',
          utterance,
          evidence: noticed.heard,
          isCostly,
        });
        return;
      }
      case 'ended':
        this.#openRecordings.delete(speakerId);
        void this.#endSound(recording, noticed);
        return;
      case 'ask-turn-model':
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  startListening(id: Id) {
    this.#recordings.get(id)?.startListening();
    this.#deps.hearing.warm();
  }

  async requestTranscript(id: Id, pause: number) {
    const recording = this.#recordings.get(id);
    if (!recording) return;
    const { loop, place } = this.#session;
    const { speakerId } = recording;
    const text = recording.requestTranscript();
    const result = await text.catch((error: unknown) => ({ error }));
    if (!recording.isLatestRequest(text) || this.#recordings.get(id) !== recording)
      return;
    if ('error' in result) {
      loop.post({ kind: 'unrecognised', utterance: id, pause, error: result.error });
      return;
    }
    const spoken = this.#findUtterance(id);
    if (spoken?.heard.partial !== undefined)
      this.#deps.hearing.partialTrust.compare(spoken.heard.partial, result.text);
    if (spoken && classifyRecording(spoken, result).kind === 'text')
      recording.captionWords(result.text, true);
    if (recording.wholeSound) await place.languages.learn(speakerId, result);
    const language = place.languages.find(speakerId);
    loop.post({ kind: 'words', utterance: id, pause, text: result.text, language });
  }

  cancelRecognition(id: Id) {
    this.#recordings.get(id)?.cancelRequest();
  }

  giveEndpointingText(id: Id, text: string | undefined) {
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

  /** Begins to wait for a judgement on the words up to the pause of an open utterance, and returns what takes it. */
  awaitWordsJudgement(
    id: Id | undefined,
    question: Id,
  ): ReturnType<WordsJudge['awaitJudgement']> {
    const recording = id === undefined ? undefined : this.#recordings.get(id);
    const { wordsJudges: trust } = this.#deps.hearing;
    const usual = this.#deps.pipelines.getEngineNames('chained');
    if (!recording || !trust?.isAsked(usual)) return undefined;
    const { speakerId } = recording;
    if (this.#openRecordings.get(speakerId) !== recording) return undefined;
    const asked = { question, isTrusted: trust.isTrusted(usual), logit: 0 };
    this.#connection?.giveWordsJudgement(speakerId, { ...asked, isPending: true });
    return (isWhole, model = usual) =>
      this.#connection?.giveWordsJudgement(speakerId, {
        ...asked,
        isPending: false,
        logit: trust.weigh(model, isWhole),
        learn: (wentOn) => trust.learn(model, { isWhole, wentOn }),
      });
  }

  forgetRecording(id: Id) {
    const recording = this.#recordings.get(id);
    if (!recording) return;
    const { isFollowed, speakerId } = recording;
    recording.live?.end();
    this.#recordings.delete(id);
    if (this.#openRecordings.get(speakerId) === recording)
      this.#openRecordings.delete(speakerId);
    if (!isFollowed) recording.settle({ kind: 'not-understood' }, false);
  }

  endRecording(fact: UtteranceOverFact) {
    const { end, utterance } = fact;
    const recording = this.#recordings.get(utterance.id);
    if (!recording) return;
    if (end === 'cancelled') void this.#captionBrokenOff(recording, utterance);
    else this.#settleRecording(recording, fact);
    const { error } = utterance.heard.failure ?? {};
    if (error instanceof BotError && end !== 'meant' && end !== 'withdrawn')
      this.#session.notices.reportFailure(error, 'recognise');
  }

  #settleRecording(
    recording: Pick<UtteranceRecording, 'settle' | 'transcript'>,
    { by, end, name, utterance, why }: UtteranceOverFact,
  ) {
    const isWithdrawn =
      end === 'withdrawn' || this.#session.loop.state.presence.consent.no.includes(by);
    const content = isWithdrawn
      ? withdrawnContent
      : classifyRecording(utterance, recording.transcript);
    if (!isWithdrawn && end !== 'nothing')
      this.#reportTranscript(utterance.heard, by, name);
    if (why)
      this.#session.notices.reportEvent({ kind: 'ignored', speakerId: by, name, why });
    recording.settle(content, !isWithdrawn && end === 'meant');
  }

  /** Converts an utterance for a pipeline. `text` holds the words on which the answer is begun. */
  toTurnUtterance(id: Id, text: string | undefined): TurnUtterance | undefined {
    const recording = this.#recordings.get(id);
    const sound = recording?.wholeSound ?? recording?.getSoundSoFar?.();
    if (!recording || !sound) return undefined;
    const { name, speakerId, transcript: known } = recording;
    const isGuess = text !== undefined && known?.text !== text;
    const transcript = () =>
      isGuess ? Promise.resolve({ text }) : recording.requestTranscript();
    return { ...sound, live: recording.live, speakerId, name, transcript };
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
    if (state.tools.confirmations.every((one) => !one.spokenYes)) return false;
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
    const { guildId } = this.#session.place.channel;
    const isFree = this.#deps.spending.getPrices(guildId).free.includes('recognise');
    return !isFree && !this.#deps.transcriber.has('listen');
  }

  async #endpointWithoutText(recording: Pick<UtteranceRecording, 'id' | 'speakerId'>) {
    await Promise.resolve(); // Everything else that was noticed goes first.
    const { id, speakerId } = recording;
    const recognition = this.#findUtterance(id)?.recognition;
    if (
      this.#openRecordings.get(speakerId) === recording &&
      recognition &&
      recognition !== 'requested'
    )
      this.#connection?.giveTranscript(speakerId, { text: '' });
  }

  /** Begins a recording. If the budget is used up, tells the speaker and silences the bot. */
  #beginIfAffordable(speakerId: PersonId, began: BeganEvent) {
    const { features, loop, place, speech } = this.#session;
    const follow = features.followSpeaker(speakerId);
    const { current } = loop.state.turnQueue;
    const isSpeaking = current !== undefined && current.phase.kind !== 'making';
    // If a person has used their share, the server pays for a possible stop.
    const isWanted = follow !== undefined || isSpeaking;
    const budget = this.#deps.spending.openHearingBudget(
      place.channel.guildId,
      speakerId,
      isWanted,
    );
    if ('reservation' in budget) {
      this.#beginRecording(speakerId, began, follow, budget);
      return;
    }
    this.#tellRejection(speakerId, budget);
    if (isSpeaking) speech.requests.stopEverything(); // Nobody understands the words, and they may be a stop.
  }

  #tellRejection(speakerId: PersonId, { isNews, line }: BudgetRefusal) {
    // A person alone with the bot spoke to it, so there is a sign each time.
    const { notices, place, signal, speech } = this.#session;
    if (!place.listPeople().every(({ id, isBot }) => isBot || id === speakerId)) {
      if (isNews()) notices.post(line);
      return;
    }
    void speech.connection.playCue(this.#deps.cues.error);
    if (isNews(speakerId)) notices.notifyPerson(speakerId, [line], signal, []);
  }

  #beginRecording(
    speakerId: PersonId,
    { fromMs }: BeganEvent,
    follow: FollowUtterance | undefined,
    budget: HearingBudget,
  ) {
    const { consent, loop, place } = this.#session;
    const { languages } = place;
    const name = place.findPerson(speakerId)?.name ?? 'Someone';
    languages.prefetch(speakerId);
    const heard = place
      .listPeople()
      .filter((one) => !one.isBot && consent.getStanding(one.id) === 'yes')
      .map((one) => one.name);
    const hints = collectHints(
      loop.state.session.settings.names,
      this.#deps.vocabulary(),
      heard,
    );
    const paid = this.#deps.transcriber.withReservation(budget.reservation);
    const transcriber = withTranscriptionOptions(paid, {
      hints,
      language: languages.findHint(speakerId),
    });
    const id = this.#nextId++;
    const recording = new UtteranceRecording({
      id,
      speakerId,
      name,
      listening: this.#createListening(transcriber, () => recording),
      clock: this.#deps.clock,
      follower: follow?.({ speakerId, name, fromMs }),
      onDecided: (meant) => budget.decided(meant),
    });
    this.#recordings.set(id, recording);
    this.#openRecordings.set(speakerId, recording);
    const isCaptioned = recording.isFollowed;
    loop.post({
      kind: 'began',
      utterance: id,
      by: speakerId,
      fromMs,
      hints,
      isCaptioned,
    });
    if (this.#findUtterance(id)) {
      this.#feedModel(recording);
      return;
    }
    this.forgetRecording(id);
    recording.settle({ kind: 'not-understood' }, false);
  }

  /**
   * Feeds an utterance to a model that hears while it is spoken, if any words will be answered.
   */
  #feedModel(recording: UtteranceRecording) {
    const { loop, place } = this.#session;
    const { pipeline } = place.getSettings();
    const state = { ...loop.state, step: { rules: conversationRules } };
    const speech = findOpenSpeech(state, recording.id);
    const { name, speakerId } = recording;
    const transcript = () => recording.requestTranscript();
    const { answers = 'spoken' } = place.getChoices(speakerId);
    if (pipeline === 'chained' || answers !== 'spoken') return;
    if (!speech || speech.turn.parts.length > 0) return;
    if (!canPreempt(state, speech, undefined, true)) return;
    if (this.#deps.spending.findUsedBudget(place.channel.guildId, speakerId)) return;
    const { fromMs } = speech.utterance.times;
    const said = [{ speakerId, name, fromMs, transcript }];
    recording.live ??= new LiveSound();
    this.#deps.pipelines
      .open(pipeline)
      .feed(this.#deps.createTurn(said), recording.live);
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
    const { endedAtMs: endedMs, heard: evidence, whole, why } = ended;
    recording.wholeSound = whole;
    if (transcript) await this.#session.place.languages.learn(speakerId, transcript);
    const isTooLong = why === 'too-long';
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
    recording.settle(content, false);
  }

  #reportTranscript(
    { isTooLong, words: text }: HeardUtterance,
    speakerId: PersonId,
    name: string,
  ) {
    if (text === undefined) return;
    const { consent, notices, place } = this.#session;
    const isLeftOut = !consent.canWrite(speakerId);
    const cut = isTooLong ? ({ cut: 'too-long' } as const) : {};
    notices.reportEvent({
      kind: 'recognised',
      channelId: place.channel.channelId,
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
  { heard, isEnded }: UtteranceState,
  transcript: Transcript | undefined,
): UtteranceContent {
  const { evidence, hints } = heard;
  const { text } = transcript ?? {};
  // Words alone decide about an utterance that was broken off before a voice was proven.
  const isJudged = isEnded || text === undefined || hasVoice(evidence);
  const held = isJudged
    ? classifyContent({ evidence, text, hints })
    : classifyTranscript(text);
  if (held === 'words' && transcript) return { kind: 'text', transcript };
  return { kind: held === 'no-words' ? held : 'not-understood' };
}

function classifyTranscript(text: string) {
  return text.trim() === '' ? 'no-words' : 'words';
}
