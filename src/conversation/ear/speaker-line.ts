import type { LevelTrack } from '#src/audio/echo/band-levels.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { PersonId } from '#src/base/ids.ts';
import { findOpenSpeech, isSpeaking } from '#src/conversation/machine/draft.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Hearing } from '#src/ports/talk-guide.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import type { EarDeps } from './ear.ts';
import type { JudgedWords, SpeakerInput, SpeakerInputEvent } from './speaker-input.ts';
import { collectSessionHints, SpokenUtterance } from './spoken-utterance.ts';

type EventOf<Kind extends SpeakerInputEvent['kind']> = Extract<
  SpeakerInputEvent,
  { kind: Kind }
>;

type LineDeps = EarDeps & {
  /** Begins an utterance, which the conversation may then ask for, and returns it. */
  readonly beginUtterance: (create: (id: Id) => SpokenUtterance) => SpokenUtterance;
  /** Tests whether nobody else is in the middle of an utterance. */
  readonly isAlone: (line: SpeakerLine) => boolean;
  /** Tests whether somebody else is speaking now. */
  readonly isTalkedOver: (line: SpeakerLine) => boolean;
};

/** Hears one person: endpoints the speech, keeps the open utterance, and judges its pauses by words and sound. */
export class SpeakerLine {
  readonly #speakerId: PersonId;
  readonly #input: SpeakerInput;
  readonly #session: Session;
  readonly #deps: LineDeps;
  /** The turn model judges the pause whose signal this is. Aborted once its person speaks on. */
  #judging = new AbortController();
  /** Events of a judgement that is told while the conversation steps. The next packet or tick handles them. */
  readonly #heldEvents: SpeakerInputEvent[] = [];
  #utterance: SpokenUtterance | undefined;
  /** Hearing of the open utterance, if nothing pays for it. */
  #unpaid: Hearing | undefined;
  /** True: nobody asked for the words of a pause, which endpointing is still to learn. */
  #isWordless = false;

  constructor(
    speakerId: PersonId,
    input: SpeakerInput,
    session: Session,
    deps: LineDeps,
  ) {
    this.#speakerId = speakerId;
    this.#input = input;
    this.#session = session;
    this.#deps = deps;
  }

  /** Monotonic ms of the latest packet. 0 before the first. */
  get lastPacketAtMs(): number {
    return this.#input.lastPacketAtMs;
  }

  /** True within an utterance, also in its pauses. */
  get isTalking(): boolean {
    return this.#input.isTalking;
  }

  /** Levels that the microphone heard. */
  get track(): LevelTrack {
    return this.#input.track;
  }

  /** True in a pause of an utterance. */
  get isPausing(): boolean {
    return this.#input.isPausing;
  }

  /** True within an utterance that is paid for, and that the conversation holds. */
  get isRecording(): boolean {
    return this.#utterance?.isHeld === true;
  }

  /** Sums up how long this person spoke in the minute before `atMs`, in ms. */
  sumSpokenMs(atMs: number): number {
    return this.#input.sumSpokenMs(atMs);
  }

  /** Hears one packet of this person. */
  addPacket(packet: Packet): void {
    this.#handleEvents(this.#input.addPacket(packet));
  }

  /** Lets time pass up to `atMs`. */
  tick(atMs: number): void {
    this.#handleEvents(this.#input.tick(atMs));
  }

  /**
   * Takes the words of `utterance` so far, by which its pauses and barge-in are judged. `isOfPause`: these are all words up to
   * a pause.
   */
  addWords(
    utterance: SpokenUtterance,
    transcript: Transcript,
    isOfPause: boolean,
  ): void {
    if (this.#utterance !== utterance) return;
    this.#endpointByWords(transcript);
    this.#overhearWords(utterance, transcript.text, isOfPause);
  }

  /** Tells the conversation whether the bot may be named in `utterance`, and that it is asked for words of a pause that goes on. */
  postNameJudgement(utterance: SpokenUtterance, mayBeNamed: boolean): void {
    this.#session.loop.post({
      kind: 'name-judged',
      utterance: utterance.id,
      mayBeNamed,
      isPausing: this.#utterance === utterance && this.isPausing,
      isCostly: this.#isTranscriptCostly,
    });
  }

  /** Whether the local recogniser listens for the name before the usual one, which has a price, gets an utterance. */
  get canHearName(): boolean {
    const { isReadByPrograms, nameEars } = this.#deps;
    const { channelId } = this.#session.voiceChannel.channel;
    return !this.#isRecogniserFree && nameEars.isAwake && !isReadByPrograms(channelId);
  }

  /** Takes a chat model's judgement of the words in a pause of `utterance`. Returns false where it is over. */
  judgeWords(utterance: SpokenUtterance, judgement: JudgedWords): boolean {
    if (this.#utterance !== utterance) return false;
    this.#heldEvents.push(...this.#input.onWordsJudged(judgement));
    return true;
  }

  /** Drops the unfinished speech of this person. */
  close(): void {
    this.#withdrawJudgement();
    this.#utterance = undefined;
  }

  #handleEvents(events: readonly SpeakerInputEvent[]) {
    for (const event of [...this.#heldEvents.splice(0), ...events])
      this.#handleEvent(event);
    const utterance = this.#utterance;
    const isWordless = this.#isWordless;
    this.#isWordless = false;
    if (!isWordless || !utterance) return;
    // Nobody asked for words of this pause, so there will be none.
    if (this.#findOpen(utterance)?.recognition !== 'requested')
      this.#endpointByWords({ text: '' });
  }

  #endpointByWords(transcript: Transcript) {
    this.#handleEvents(this.#input.addTranscript(transcript));
  }

  #handleEvent(event: SpeakerInputEvent) {
    if (event.kind === 'ask-turn-model') return void this.#judgeTurn(event);
    if (event.kind === 'resumed' || event.kind === 'ended') this.#withdrawJudgement();
    // Barge-in goes first, as it must not wait for recognition.
    this.#overhear(event);
    if (event.kind === 'began') this.#beginIfAffordable(event);
    if (event.kind === 'ended' && this.#unpaid)
      void this.#deps.unpaidSpeech.end(this.#speakerId, this.#unpaid, event, () =>
        collectSessionHints(this.#session, this.#deps),
      );
    const utterance = this.#utterance;
    if (utterance?.isHeld) this.#recordEvent(utterance, event);
  }

  #overhear(heard: Parameters<Session['mouth']['overhear']>[1]) {
    const { loop, mouth } = this.#session;
    for (const bargeIn of mouth.overhear(this.#speakerId, heard)) loop.post(bargeIn);
  }

  #overhearWords(utterance: SpokenUtterance, text: string, isOfPause: boolean) {
    const isOverlapping = this.#findOpen(utterance)?.isOverlapping;
    if (isOverlapping) this.#overhear({ kind: 'partial', text, isOfPause });
  }

  /** Records the sound of an event, and tells the conversation of pauses and ends. */
  #recordEvent(utterance: SpokenUtterance, event: SpeakerInputEvent) {
    const { loop } = this.#session;
    const { id } = utterance;
    if (this.#isOverlaid) loop.post({ kind: 'overlaid', utterance: id });
    switch (event.kind) {
      case 'began':
      case 'sound':
        utterance.addSound(event.pieces);
        return;
      case 'paused':
      case 'long-pause':
        this.#postPause(utterance, event);
        return;
      case 'resumed':
        loop.post({ kind: 'resumed', utterance: id });
        utterance.feedModelAgain();
        return;
      case 'likely-over':
      case 'sounds-over':
        this.#postLikelyEnd(utterance, event);
        return;
      case 'ended':
        this.#utterance = undefined;
        void utterance.endSound(event);
        return;
      case 'ask-turn-model':
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  #postPause(utterance: SpokenUtterance, event: EventOf<'paused' | 'long-pause'>) {
    const isLong = event.kind === 'long-pause';
    const isCostly = this.#isTranscriptCostly;
    const { mayRecogniseEarly } = utterance;
    utterance.getSoundSoFar = event.soFar;
    utterance.post({
      kind: 'paused',
      utterance: utterance.id,
      evidence: event.heard,
      isLong,
      isCostly: isCostly || !mayRecogniseEarly,
    });
    // A recogniser is not asked about a sound without a voice.
    if (!hasVoice(event.heard)) return this.#overhearWords(utterance, '', true);
    const { recognition } = this.#findOpen(utterance) ?? {};
    if (!recognition || recognition === 'requested') return;
    const isLeftOut = recognition === 'listening' && !isCostly && !mayRecogniseEarly;
    if (isLeftOut && !isLong) this.#deps.hearing.earlyRecognition?.onSkip();
    this.#isWordless = isLong || recognition === 'off';
  }

  #postLikelyEnd(
    utterance: SpokenUtterance,
    event: EventOf<'likely-over' | 'sounds-over'>,
  ) {
    // Without words only a model that hears can answer.
    const { pipeline } = this.#session.voiceChannel.getSettings();
    if (event.kind === 'sounds-over' && pipeline === 'chained') return;
    utterance.getSoundSoFar = event.soFar;
    utterance.post({
      kind: 'likely-over',
      utterance: utterance.id,
      evidence: event.heard,
      isCostly: this.#isTranscriptCostly,
    });
  }

  /** Asks the turn model whether the turn is over, unless others talk over this person. Never throws. */
  async #judgeTurn({ askedAtMs, sound }: EventOf<'ask-turn-model'>) {
    const { hearing, isTalkedOver } = this.#deps;
    const { guildId } = this.#session.voiceChannel.channel;
    this.#withdrawJudgement();
    const { signal } = this.#judging;
    const judged = { guildId, samples: sound };
    const judging = isTalkedOver(this)
      ? undefined
      : hearing.turnModel?.judge(judged, signal);
    const logit = await judging;
    if (signal.aborted) return;
    this.#handleEvents(this.#input.onJudged(askedAtMs, logit));
  }

  #withdrawJudgement() {
    this.#judging.abort(new Error('this pause is over'));
    this.#judging = new AbortController();
  }

  /** Begins an utterance. If nothing pays for it, silences the bot, and listens for commands alone. */
  #beginIfAffordable(began: EventOf<'began'>) {
    const { features, loop, voiceChannel } = this.#session;
    const { spending, unpaidSpeech } = this.#deps;
    const speakerId = this.#speakerId;
    this.#utterance = undefined;
    this.#isWordless = false;
    this.#unpaid = undefined;
    const follow = features.followSpeaker(speakerId);
    const { current } = loop.state.turnQueue;
    const isSounding = current !== undefined && current.phase.kind !== 'making';
    // If a person has used their share, the server pays for a possible stop.
    const isWanted = follow !== undefined || isSounding;
    const { guildId } = voiceChannel.channel;
    const budget = spending.openHearingBudget(guildId, speakerId, isWanted);
    if ('reservation' in budget) {
      const { fromMs } = began;
      const options = { budget, follow, fromMs, line: this, speakerId };
      this.#utterance = this.#deps.beginUtterance(
        (id) => new SpokenUtterance(this.#session, this.#deps, { ...options, id }),
      );
      return;
    }
    this.#unpaid = unpaidSpeech.begin(speakerId, budget, follow !== undefined);
    if (isSounding) this.#session.mouth.requests.stopEverything(); // The words may be a stop.
  }

  #findOpen({ id }: SpokenUtterance) {
    return findOpenSpeech(this.#session.loop.state, id)?.utterance;
  }

  get #isOverlaid() {
    // The sound around a person matters only while a yes is awaited.
    const { state } = this.#session.loop;
    if (state.tools.confirmations.every((confirmation) => !confirmation.spokenYes))
      return false;
    return (
      !this.#deps.isAlone(this) ||
      isSpeaking(state.turnQueue) ||
      this.#session.mouth.mix.tracks.isAudible
    );
  }

  /** Returns whether a transcript in a pause has a cost that settings save. */
  get #isTranscriptCostly() {
    // Recognisers without a price and streams cost nothing more in a pause.
    if (!this.#session.loop.state.session.settings.isSparing) return false;
    return !this.#isRecogniserFree && !this.#deps.transcriber.has('listen');
  }

  get #isRecogniserFree() {
    const { guildId } = this.#session.voiceChannel.channel;
    return this.#deps.spending.getPrices(guildId).free.includes('recognise');
  }
}
