import { LiveSound } from '#src/audio/live-sound.ts';
import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import { BotError, createDeadlineError } from '#src/base/errors.ts';
import type { PersonId } from '#src/base/ids.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import { findOpenSpeech, isListenedTo } from '#src/conversation/machine/draft.ts';
import type { UntimedEvent } from '#src/conversation/machine/events.ts';
import type {
  HeardUtterance,
  Id,
  UtteranceState,
} from '#src/conversation/machine/state.ts';
import { canPreempt } from '#src/conversation/machine/turn-addressing.ts';
import type { Session } from '#src/conversation/session.ts';
import type { TellJudgement } from '#src/pipeline/chained-pipeline.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type {
  FollowUtterance,
  UtteranceContent,
  UtteranceFollower,
} from '#src/ports/feature-session.ts';
import { collectHints, withTranscriptionOptions } from '#src/speech/hints.ts';
import { HeldListening, openListening } from '#src/speech/listen.ts';
import type {
  Transcriber,
  Transcript,
  TranscriptionOptions,
} from '#src/speech/speech-engine.ts';
import type { HearingBudget } from '#src/spending/budget-authority.ts';
import { toAnswerRequest } from '#src/spending/reservation.ts';
import { classifyContent } from '#src/turn/decide-utterance.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import type { EarDeps, UtteranceOverFact } from './ear.ts';
import { Glimpses } from './glimpses.ts';
import type { NameJudgement, NameListener } from './name-listener.ts';
import type { Utterance, UtteranceEnd } from './speaker-input.ts';
import type { SpeakerLine } from './speaker-line.ts';

/** Bounds all attempts for one utterance. Each request has deadlines of its own: `src/provider/deadlines.ts`. */
const maxAllAttemptsMs = 310_000;

type UtteranceOptions = {
  readonly id: Id;
  readonly speakerId: PersonId;
  readonly fromMs: number;
  readonly budget: HearingBudget;
  /** Begins to show the words to a feature. Undefined: no feature shows them. */
  readonly follow: FollowUtterance | undefined;
  /** The line of the speaker, which takes the words so far. */
  readonly line: Pick<
    SpeakerLine,
    'addWords' | 'canHearName' | 'judgeWords' | 'postNameJudgement'
  >;
};

type TranscriptRequest = {
  readonly text: Promise<Transcript>;
  readonly stop: AbortController;
};

/** An event about one utterance, which the conversation may answer by asking for its words. */
type SpeechEvent = Extract<
  UntimedEvent,
  { kind: 'began' | 'paused' | 'likely-over' | 'ended' }
>;

const withdrawnContent: UtteranceContent = { kind: 'withdrawn' };
const notUnderstood: UtteranceContent = { kind: 'not-understood' };

/**
 * One utterance while it is spoken, recognised and answered: its sound, the request for its words, and the feature that
 * shows them meanwhile.
 */
export class SpokenUtterance {
  readonly id: Id;
  readonly speakerId: PersonId;
  readonly name: string;
  /** Copies the sound up to the latest pause. Undefined before the first pause. */
  getSoundSoFar: (() => Utterance) | undefined;
  readonly #session: Session;
  readonly #deps: EarDeps;
  readonly #options: UtteranceOptions;
  readonly #hints: readonly string[];
  readonly #listening: HeldListening;
  readonly #glimpses: Glimpses | undefined;
  readonly #recogniserOptions: Pick<TranscriptionOptions, 'hints' | 'language'>;
  /** Listens for the name of the bot before the usual recogniser does. */
  #nameListener: NameListener | undefined;
  #nameJudgement: NameJudgement | undefined;
  #follower: UtteranceFollower | undefined;
  /** Sound for a model that hears the utterance while it is spoken. Undefined where none could. */
  readonly #live: LiveSound | undefined;
  /** Whether a model gets the sound already. */
  #isFed = false;
  /** Set once endpointing has ended the utterance. */
  #wholeSound: Utterance | undefined;
  #isHeld = true;
  #isListening = false;
  #isSettled = false;
  /** Whether a page shows words so far. */
  #hasShownWords = false;
  #lastSoundAtMs: number;
  #soundMs = 0;
  #openedRequest: TranscriptRequest | undefined;
  #transcript: Transcript | undefined;

  constructor(session: Session, deps: EarDeps, options: UtteranceOptions) {
    const { budget, follow, fromMs, id, speakerId } = options;
    const { languages } = session.voiceChannel;
    this.#session = session;
    this.#deps = deps;
    this.#options = options;
    this.id = id;
    this.speakerId = speakerId;
    this.name = session.voiceChannel.findPerson(speakerId)?.name ?? 'Someone';
    this.#lastSoundAtMs = deps.clock.nowMs();
    languages.prefetch(speakerId);
    this.#hints = collectSessionHints(session, deps);
    this.#recogniserOptions = {
      hints: this.#hints,
      language: languages.getExpected(speakerId),
    };
    const transcriber = withTranscriptionOptions(
      deps.transcriber.withReservation(budget.reservation),
      this.#recogniserOptions,
    );
    this.#listening = this.#createListening(transcriber);
    this.#glimpses = this.#createGlimpses(this.#recogniserOptions);
    this.#follower = follow?.({ speakerId, name: this.name, fromMs });
    // Words may show only later that it is for the bot, and a model then needs its begin.
    const { pipeline } = session.voiceChannel.getSettings();
    this.#live = pipeline === 'chained' ? undefined : new LiveSound();
  }

  /** False once the conversation holds it no more. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** True until it is settled, if a feature shows its words. */
  get isFollowed(): boolean {
    return this.#follower !== undefined;
  }

  /** Whether its words may be asked for before it has ended. False where this machine is to recognise no more now. */
  get mayRecogniseEarly(): boolean {
    const { earlyRecognition } = this.#deps.hearing;
    return earlyRecognition?.mayRecognise(this.#soundMs) ?? true;
  }

  /** The whole sound, once endpointing has ended it. */
  get wholeSound(): Utterance | undefined {
    return this.#wholeSound;
  }

  /** Tells the conversation that it has begun. */
  begin(): void {
    this.post({
      kind: 'began',
      utterance: this.id,
      by: this.speakerId,
      fromMs: this.#options.fromMs,
      hints: this.#hints,
      isCaptioned: this.isFollowed,
      canHearName: this.#options.line.canHearName,
    });
    const state = this.#findState();
    this.#isHeld = state !== undefined;
    if (state?.recognition === 'unnamed') this.#nameListener = this.#listenForName();
    if (this.#isHeld) this.#feedModel();
    else this.#settle(notUnderstood, false);
  }

  /** Posts an event about it, and opens the recogniser's request once the conversation needs words. */
  post(event: SpeechEvent): void {
    this.#session.loop.post(event);
    this.#listenIfNeeded();
    const isPause = event.kind === 'paused' && hasVoice(event.evidence);
    if (isPause || event.kind === 'ended')
      this.#nameListener?.pause(event.kind === 'ended');
  }

  /** Hands sound on to the recogniser, and to a model that hears while it is spoken. */
  addSound(pieces: readonly SoundPiece[]): void {
    this.#lastSoundAtMs = this.#deps.clock.nowMs();
    this.#glimpses?.push(pieces);
    this.#nameListener?.push(pieces);
    for (const piece of pieces) {
      this.#soundMs += (1_000 * piece.samples.length) / listenRateHz;
      this.#listening.push(piece.samples, piece.opus);
      this.#live?.push(piece);
    }
  }

  /** Feeds the model anew that had begun to hear it, as its speaker goes on. */
  feedModelAgain(): void {
    if (this.#isFed) this.#feedModel();
  }

  /** Keeps the whole sound, and tells the conversation of the end. */
  async endSound(ended: UtteranceEnd): Promise<void> {
    const { endedAtMs: endedMs, heard: evidence, whole, why: reason } = ended;
    this.#wholeSound = whole;
    const { languages } = this.#session.voiceChannel;
    if (this.#transcript) await languages.learn(this.speakerId, this.#transcript);
    this.post({
      kind: 'ended',
      utterance: this.id,
      toMs: whole.toMs,
      endedMs,
      evidence,
      isTooLong: reason === 'too-long',
    });
  }

  /** Asks for the words up to a pause, and posts `words` or `unrecognised` unless a later request replaced it. Never rejects. */
  async recognise(pause: number): Promise<void> {
    this.#listenIfNeeded();
    if (!this.#wholeSound)
      this.#deps.hearing.earlyRecognition?.onRecognise(this.#soundMs);
    const text = this.requestTranscript();
    const result = await text.catch((error: unknown) => ({ error }));
    if (this.#openedRequest?.text !== text || !this.#isHeld) return;
    const { loop, voiceChannel } = this.#session;
    if ('error' in result) {
      const { error } = result;
      loop.post({ kind: 'unrecognised', utterance: this.id, pause, error });
      this.#giveWords({ text: '' }, false);
      return;
    }
    this.#showTranscript(result);
    const { languages } = voiceChannel;
    if (this.#wholeSound) await languages.learn(this.speakerId, result);
    const language = languages.find(this.speakerId);
    const { text: words } = result;
    loop.post({ kind: 'words', utterance: this.id, pause, text: words, language });
    this.#giveWords(result, true);
  }

  /** Drops the request for the words of a pause in which the speaker went on. */
  cancelRecognition(): void {
    this.#openedRequest?.stop.abort(new Error('the speaker went on'));
    this.#openedRequest = undefined;
    this.#transcript = undefined;
  }

  /** Begins to wait for a judgement on its words up to the pause, and returns its taker. Undefined where none is needed. */
  awaitWordsJudgement(question: Id): TellJudgement | undefined {
    const { wordsJudges: trust } = this.#deps.hearing;
    const configuredModel = this.#deps.pipelines.getEngineNames('chained');
    if (!trust?.shouldAsk(configuredModel)) return undefined;
    const { line } = this.#options;
    const isTrusted = trust.isTrusted(configuredModel);
    const judgement = { question, isTrusted, logit: 0 };
    if (!line.judgeWords(this, { ...judgement, isPending: true })) return undefined;
    return (isWhole, model = configuredModel) =>
      void line.judgeWords(this, {
        ...judgement,
        isPending: false,
        logit: trust.weigh(model, isWhole),
        learn: (wentOn) => trust.learn(model, { isWhole, wentOn }),
      });
  }

  /** Converts it for a pipeline. `text` holds the words on which the answer is begun. Undefined before the first pause. */
  toTurnUtterance(text: string | undefined): TurnUtterance | undefined {
    const sound = this.#wholeSound ?? this.getSoundSoFar?.();
    if (!sound) return undefined;
    const isGuess = text !== undefined && this.#transcript?.text !== text;
    const transcript = () =>
      isGuess ? Promise.resolve({ text }) : this.requestTranscript();
    const { name, speakerId } = this;
    return { ...sound, live: this.#live, speakerId, name, transcript };
  }

  /** Requests the transcript, once for all calls. Errors: as `Listening.settle`. */
  requestTranscript(): Promise<Transcript> {
    if (this.#isSettled && !this.#openedRequest && this.#wholeSound)
      return Promise.resolve({ text: '' });
    this.#openedRequest ??= this.#openRequest();
    return this.#openedRequest.text;
  }

  /** All words of the utterance by the local recogniser, which listened for the name alone. Undefined where it did not. */
  get overheardTranscript(): Transcript | undefined {
    const { isWhole, transcript } = this.#nameJudgement ?? {};
    return isWhole ? transcript : undefined;
  }

  /** Gives the content of the decided utterance to captions and programs. */
  close(fact: UtteranceOverFact): void {
    const { end, utterance } = fact;
    this.#reportUnsent(utterance);
    if (end === 'cancelled') void this.#captionBrokenOff(utterance);
    else this.#settleAs(fact);
    const { failure } = utterance.heard;
    if (failure || utterance.recognition === 'off')
      this.#deps.unpaidSpeech.listenAgain(this, utterance);
    const { error } = failure ?? {};
    if (error instanceof BotError && end !== 'meant' && end !== 'withdrawn')
      this.#session.notices.reportFailure(error, 'recognise');
  }

  /** Drops it. Captions that follow it still get its words. */
  drop(): void {
    this.#isHeld = false;
    this.#live?.end();
    if (this.#hasShownWords) this.#showWords('');
    if (!this.isFollowed) this.#settle(notUnderstood, false);
  }

  #listenIfNeeded() {
    const state = this.#findState();
    if (this.#isListening || !state || !isListenedTo(state)) return;
    this.#isListening = true;
    this.#nameListener?.[Symbol.dispose]();
    this.#listening.begin();
    this.#deps.hearing.warm();
  }

  #listenForName() {
    const { consent, loop, signal, voiceChannel } = this.#session;
    const withdrawal = consent.withdrawals.getSignal(this.speakerId);
    const others = voiceChannel.listPeople().filter(({ id }) => id !== this.speakerId);
    return this.#deps.nameEars.listen({
      guildId: voiceChannel.channel.guildId,
      names: loop.state.session.settings.names,
      present: others.filter(({ isBot }) => !isBot).map(({ name }) => name),
      transcription: this.#recogniserOptions,
      signal: AbortSignal.any([signal, withdrawal]),
      onPause: (transcript) => this.#giveWords(transcript, true),
      onJudged: (judgement) => this.#onNameJudged(judgement),
    });
  }

  #onNameJudged(judgement: NameJudgement) {
    if (!this.#isHeld) return;
    this.#nameJudgement = judgement;
    const { mayBeNamed, transcript } = judgement;
    this.#options.line.postNameJudgement(this, mayBeNamed);
    this.#listenIfNeeded();
    // A model that hears for itself gets the sound from here on, and all that came before.
    if (mayBeNamed && transcript && !this.#isFed) this.#feedModel(transcript.text);
  }

  #reportUnsent({ heard, times }: UtteranceState) {
    if (this.#isListening || !this.#nameListener || !hasVoice(heard.evidence)) return;
    const ms = times.toMs - times.fromMs;
    this.#session.notices.reportEvent({ kind: 'unsent', ms });
  }

  #findState() {
    return findOpenSpeech(this.#session.loop.state, this.id)?.utterance;
  }

  #giveWords(transcript: Transcript, isOfPause: boolean) {
    this.#options.line.addWords(this, transcript, isOfPause);
  }

  #createListening(transcriber: Transcriber) {
    const { loop, notices, signal } = this.#session;
    const isStreamed = transcriber.listen !== undefined;
    const onPartial = (text: string) => {
      const { id, name } = this;
      this.#follower?.onPartial(text);
      notices.reportEvent({ kind: 'words', name, text, isWhole: false });
      loop.post({ kind: 'partial', utterance: id, text, isStreamed });
      if (!this.#isFed) this.#feedModel(text);
      this.#giveWords({ text }, false);
    };
    return new HeldListening(
      (inner) => openListening(transcriber, onPartial, inner),
      signal,
    );
  }

  /** Creates what shows words so far on a page. Undefined where nobody looks, or a stream shows them. */
  #createGlimpses(options: Parameters<typeof withTranscriptionOptions>[1]) {
    const { roomView, transcriber } = this.#deps;
    const isUseful = roomView?.isWatched && roomView.glimpse !== undefined;
    if (!isUseful || transcriber.has('listen')) return undefined;
    return new Glimpses(roomView, options, (text) => {
      if (this.#isHeld && !this.#wholeSound) this.#showWords(text);
    });
  }

  /** Shows words so far on an open page, which may still change. */
  #showWords(text: string) {
    if (!this.#deps.roomView?.isWatched) return;
    const { name } = this;
    this.#hasShownWords = true;
    this.#session.notices.reportEvent({ kind: 'words', name, text, isWhole: false });
  }

  /** Shows the words up to a pause, and learns from them how good partial ones are. */
  #showTranscript(transcript: Transcript) {
    const state = this.#findState();
    if (!state) return;
    if (state.heard.partial !== undefined)
      this.#deps.hearing.partialTrust.compare(state.heard.partial, transcript.text);
    if (classifyUtterance(state, transcript).kind !== 'text') return;
    this.#follower?.onWhole(transcript.text);
    this.#showWords(transcript.text);
  }

  /** Feeds it to a model that hears while it is spoken, if these words will be answered, or any will. */
  #feedModel(text?: string) {
    const { loop, voiceChannel } = this.#session;
    const { fromMs } = this.#options;
    const { name, speakerId } = this;
    const { pipeline } = voiceChannel.getSettings();
    const { answers = 'spoken' } = voiceChannel.getChoices(speakerId);
    const live = this.#live;
    if (!live || pipeline === 'chained' || answers !== 'spoken') return;
    const state = { ...loop.state, step: { rules: conversationRules } };
    const speech = findOpenSpeech(state, this.id);
    if (!speech || speech.turn.parts.length > 0) return;
    if (!canPreempt(state, speech, text, true)) return;
    const transcript = () => this.requestTranscript();
    const turn = this.#deps.createTurn({ speakerId, name, fromMs, transcript });
    const { guildId } = voiceChannel.channel;
    const request = toAnswerRequest(turn, guildId, 'sound sent ahead', speakerId);
    const opened = this.#deps.spending.open(request);
    if (opened.kind === 'refused') return;
    this.#isFed = true;
    this.#deps.pipelines
      .open(pipeline)
      .withReservation(opened.reservation)
      .feed(turn, live);
  }

  #openRequest(): TranscriptRequest {
    this.#glimpses?.stop();
    const stop = new AbortController();
    const abortLate = () => {
      const seconds = maxAllAttemptsMs / 1_000;
      const error = createDeadlineError(
        'recognise',
        `The recogniser returned no text in ${seconds} s.`,
      );
      stop.abort(error);
      return error;
    };
    const settled = waitUnlessAborted(this.#listening.settle(stop.signal), stop.signal);
    const text = withTimeout(settled, maxAllAttemptsMs, this.#deps.clock, abortLate);
    text.then(
      (transcript) => {
        if (this.#openedRequest?.text === text) this.#transcript = transcript;
      },
      () => undefined, // The caller handles a failure.
    );
    return { text, stop };
  }

  #settleAs({ by, end, name, utterance, why: reason }: UtteranceOverFact) {
    const { loop, notices } = this.#session;
    const isWithdrawn =
      end === 'withdrawn' || loop.state.presence.consent.no.includes(by);
    const content = isWithdrawn
      ? withdrawnContent
      : classifyUtterance(utterance, this.#transcript);
    if (!isWithdrawn && end !== 'nothing')
      this.#reportTranscript(utterance.heard, by, name);
    if (reason)
      notices.reportEvent({ kind: 'ignored', speakerId: by, name, why: reason });
    this.#settle(this.#addLanguage(content), !isWithdrawn && end === 'meant');
  }

  async #captionBrokenOff(state: UtteranceState) {
    // No answer is made of it, but captions are.
    const { consent } = this.#session;
    const signal = consent.withdrawals.getSignal(this.speakerId);
    const text = state.heard.understood;
    let content: UtteranceContent =
      text.trim() === '' ? notUnderstood : { kind: 'text', transcript: { text } };
    if (!consent.mayHear(this.speakerId)) content = withdrawnContent;
    else if (this.isFollowed) {
      const transcript = await this.requestTranscript().catch(() => undefined);
      if (signal.aborted) content = withdrawnContent;
      else if (transcript) content = classifyUtterance(state, transcript);
    }
    this.#settle(this.#addLanguage(content), false);
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

  /** Ends the work on it, and tells the following feature its content. Only the first call counts. */
  #settle(content: UtteranceContent, isMeant: boolean) {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#options.budget.decide(isMeant);
    const toMs = this.#wholeSound?.toMs ?? this.#lastSoundAtMs;
    this.#follower?.onEnded({ ...content, toMs });
    this.#follower = undefined;
    this.#glimpses?.[Symbol.dispose]();
    this.#nameListener?.[Symbol.dispose]();
    this.#listening[Symbol.dispose]();
  }
}

/** Collects names and words that a recogniser is told. Only people with a yes are named. */
export function collectSessionHints(
  { consent, loop, voiceChannel }: Pick<Session, 'consent' | 'loop' | 'voiceChannel'>,
  { listVocabulary }: Pick<EarDeps, 'listVocabulary'>,
): readonly string[] {
  const agreed = voiceChannel
    .listPeople()
    .filter(({ id, isBot }) => !isBot && consent.getStanding(id) === 'yes');
  return collectHints(
    loop.state.session.settings.names,
    listVocabulary(),
    agreed.map((person) => person.name),
  );
}

function classifyUtterance(
  { heard: { evidence, hints }, isEnded }: UtteranceState,
  transcript: Transcript | undefined,
): UtteranceContent {
  const { text } = transcript ?? {};
  // Words alone decide about an utterance that was broken off before a voice was proven.
  const isJudged = isEnded || text === undefined || hasVoice(evidence);
  const contentClass = isJudged
    ? classifyContent({ evidence, text, hints })
    : classifyTranscript(text);
  if (contentClass === 'words' && transcript) return { kind: 'text', transcript };
  return { kind: contentClass === 'no-words' ? contentClass : 'not-understood' };
}

function classifyTranscript(text: string) {
  return text.trim() === '' ? 'no-words' : 'words';
}
