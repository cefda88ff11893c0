import { BotError } from '#src/base/errors.ts';
import type { ConversationFact } from '#src/conversation/machine/effects.ts';
import { openSpeech } from '#src/conversation/machine/questions.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { FollowUtterance } from '#src/ports/feature-session.ts';
import { HeldListening } from '#src/speech/held-listening.ts';
import { asking, recognitionHints } from '#src/speech/hints.ts';
import { InterimBudget, type InterimMoment, listenWith } from '#src/speech/listen.ts';
import type { Transcriber, Transcript } from '#src/speech/ports.ts';
import type { BudgetRefusal, HearingBudget } from '#src/spending/budget-authority.ts';
import { hasVoice } from '#src/turn/answerable.ts';
import { HeardUtterance } from '#src/voice/hearing/heard-utterance.ts';
import type {
  SpeakerInputEvent,
  UtteranceEnd,
  UtteranceSoFar,
} from '#src/voice/hearing/speaker-input.ts';
import type { HearingDependencies } from '#src/voice/link/reconnecting-link.ts';

type UtteranceBegin = Extract<SpeakerInputEvent, { kind: 'began' }>;
type PauseEvent = UtteranceSoFar & { readonly kind: InterimMoment };
type UtteranceOver = Extract<ConversationFact, { kind: 'utterance-over' }>;

/** The open connection, as far as utterances need it. */
type HearingConnection = {
  /** Gives endpointing the words of this person up to their pause. */
  read(speakerId: PersonId, understood: Transcript): void;
  /** Gives barge-in the words so far of a voice over the bot's. */
  overhear(speakerId: PersonId, text: string): void;
  /** Whether the bot is heard. */
  readonly isSpeaking: boolean;
};

type UtteranceDeps = Deps<'clock' | 'cues' | 'spending' | 'transcriber'> & {
  readonly hearing: HearingDependencies;
  /** Words that the server has taught the recogniser. */
  readonly vocabulary: () => readonly string[];
};

/** Utterances of one session, with their sound, their recognisers and their captions, until the conversation forgets them. */
export class Utterances {
  readonly #session;
  readonly #deps;
  readonly #all = new Map<Id, HeardUtterance>();
  /** The one that each person has not ended. */
  readonly #open = new Map<string, HeardUtterance>();
  readonly #interimBudget = new InterimBudget();
  #connection: HearingConnection | undefined;
  #nextId = 1;

  constructor(session: Session, deps: UtteranceDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  /** Without a connection no more sound comes: words that waited for the end of an utterance are requested. */
  attach(connection: HearingConnection | undefined): void {
    this.#connection = connection;
    if (connection) return;
    for (const one of this.#all.values()) {
      if (one.deferredPause !== undefined) void this.#recognise(one, one.deferredPause);
    }
  }

  /** To be given everything that was noticed of this person, in order. */
  handle(speakerId: PersonId, noticed: SpeakerInputEvent): void {
    if (noticed.kind === 'began') this.#mayBegin(speakerId, noticed);
    const utterance = this.#open.get(speakerId);
    if (!utterance) return;
    if (this.#connection?.isSpeaking) utterance.overlaps = true;
    if (this.#isAmongSounds(speakerId)) utterance.isAmongSounds = true;
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        utterance.hear(noticed.sound);
        return;
      case 'paused':
      case 'long-pause':
        this.#pause(utterance, noticed);
        return;
      case 'resumed':
        utterance.resume();
        this.#session.loop.post({ kind: 'resumed', utterance: utterance.id });
        return;
      case 'likely-over':
        utterance.soFar = noticed.soFar;
        this.#session.loop.post({
          kind: 'likely-over',
          utterance: utterance.id,
          evidence: noticed.heard,
        });
        return;
      case 'ended':
        this.#open.delete(speakerId);
        void this.#end(utterance, noticed);
        return;
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  // Effects.

  listen(id: Id): void {
    this.#all.get(id)?.listen();
  }

  /** Requests the words up to a pause; where the budget affords no early look, they wait for the end. */
  recognise(id: Id, pause: number): void {
    const utterance = this.#all.get(id);
    if (!utterance) return;
    const isEarly = !utterance.end && !this.#affords(utterance, 'long-pause');
    if (isEarly) utterance.deferredPause = pause;
    else void this.#recognise(utterance, pause);
  }

  endpoint(id: Id, text: string): void {
    const utterance = this.#all.get(id);
    if (!utterance || this.#open.get(utterance.speakerId) !== utterance) return;
    const { overlaps, speakerId, words } = utterance;
    this.#connection?.read(speakerId, words ?? { text });
    if (overlaps) this.#connection?.overhear(speakerId, text);
  }

  forget(id: Id): void {
    const utterance = this.#all.get(id);
    if (!utterance) return;
    this.#all.delete(id);
    if (this.#open.get(utterance.speakerId) === utterance) this.#open.delete(utterance.speakerId);
    if (!utterance.isFollowed) utterance.close();
  }

  /** What became of an utterance. */
  over({ by, end, utterance: id, why }: UtteranceOver): void {
    const utterance = this.#all.get(id);
    if (!utterance) return;
    const isWithdrawn = end === 'withdrawn' || this.#session.loop.state.consent.no.includes(by);
    if (end === 'broken-off') void this.#breakOff(utterance);
    else if (isWithdrawn) {
      this.#report(utterance, true, why);
      utterance.decided({ kind: 'withdrawn' }, false);
    } else {
      this.#report(utterance, end === 'nothing', why);
      utterance.decided(utterance.content(), end === 'meant');
    }
    const { failure } = utterance;
    const { loop, notices } = this.#session;
    if (end !== 'meant' && end !== 'withdrawn' && failure instanceof BotError)
      notices.reportFailure(failure, 'recognise');
    loop.lastUnrecognised = failure;
  }

  /** An utterance in the form of a pipeline; `text`: the words that its answer is begun on, while others may come. */
  said(id: Id, text?: string): TurnUtterance | undefined {
    const utterance = this.#all.get(id);
    const sound = utterance?.end?.whole ?? utterance?.soFar?.();
    if (!utterance || !sound) return undefined;
    const { failure, name, speakerId, words } = utterance;
    const isGuess = text !== undefined && words?.text !== text && failure === undefined;
    const transcript = () => (isGuess ? Promise.resolve({ text }) : utterance.text());
    return { ...sound, speakerId, name, transcript };
  }

  find(id: Id): HeardUtterance | undefined {
    return this.#all.get(id);
  }

  /** Whether something sounds beside this person; not looked at where no yes is waited for. */
  #isAmongSounds(speakerId: PersonId) {
    const { state } = this.#session.loop;
    if (state.confirmations.every(({ spoken }) => spoken === 'none')) return false;
    const isAlone = [...this.#open.keys()].every((id) => id === speakerId);
    return (
      !isAlone || this.#connection?.isSpeaking === true || this.#session.speech.mix.tracks.isAudible
    );
  }

  #affords(utterance: HeardUtterance, moment: InterimMoment): boolean {
    const isStreamed = this.#deps.transcriber.has('listen');
    return isStreamed || this.#interimBudget.affords(utterance.soundMs, moment);
  }

  /** Asks for the words so far, once a pause, unless that would be too expensive. */
  #pause(utterance: HeardUtterance, { heard, kind, soFar }: PauseEvent) {
    utterance.soFar = soFar;
    utterance.evidence = heard;
    if (!hasVoice(heard) || utterance.isRequested) return;
    const isWanted = !utterance.isRecognised || this.#affords(utterance, kind);
    if (isWanted)
      this.#session.loop.post({ kind: 'paused', utterance: utterance.id, evidence: heard });
    if (utterance.isRequested) return;
    if (!utterance.isRecognised || kind === 'long-pause') void this.#passOver(utterance);
  }

  /** Gives endpointing an empty text for this pause, so that it does not wait for words. */
  async #passOver(utterance: HeardUtterance) {
    await Promise.resolve(); // what else was noticed goes first
    const { speakerId } = utterance;
    if (this.#open.get(speakerId) === utterance && !utterance.isRequested)
      this.#connection?.read(speakerId, { text: '' });
  }

  async #recognise(utterance: HeardUtterance, pause: number) {
    const { loop, place } = this.#session;
    const { id, partial, speakerId } = utterance;
    utterance.deferredPause = undefined;
    const text = utterance.text();
    const words = await text.catch(() => undefined);
    if (!utterance.isLatest(text) || this.#all.get(id) !== utterance) return;
    if (!words) {
      loop.post({ kind: 'unrecognised', utterance: id, pause });
      return;
    }
    const guess = utterance.partial ?? partial;
    if (guess !== undefined) this.#deps.hearing.partialTrust.compare(guess, words.text);
    if (utterance.end) await place.languages.said(speakerId, words);
    const language = place.languages.of(speakerId);
    loop.post({ kind: 'words', utterance: id, pause, text: words.text, language });
  }

  /** Skips recognition when the budget is used up. A stop counts all the same. */
  #mayBegin(speakerId: PersonId, began: UtteranceBegin) {
    const { features, loop, place, speech } = this.#session;
    const follow = features.follow(speakerId);
    const { current } = loop.state.floor;
    const isSpeaking = current !== undefined && current.phase.kind !== 'making';
    // Of a person who has used their share, the server pays for what may be a stop.
    const isWanted = follow !== undefined || isSpeaking;
    const budget = this.#deps.spending.listen(place.channel.guildId, speakerId, isWanted);
    if ('reservation' in budget) {
      this.#begin(speakerId, began, follow, budget);
      return;
    }
    this.#tellRefusal(speakerId, budget);
    if (isSpeaking) speech.requests.stop(); // nobody understands what is said, and it may be a stop
  }

  /** Tells that a budget is used up. Alone with the bot somebody spoke to it, so each time there is a sign. */
  #tellRefusal(speakerId: PersonId, { isNews, line }: BudgetRefusal) {
    const { notices, place, signal, speech } = this.#session;
    if (!place.people().every(({ id, isBot }) => isBot || id === speakerId)) {
      if (isNews()) notices.post(line);
      return;
    }
    void speech.connection.play(this.#deps.cues.error);
    if (isNews(speakerId)) notices.notifyPerson(speakerId, [line], signal, []);
  }

  #begin(
    speakerId: PersonId,
    { fromMs }: UtteranceBegin,
    follow: FollowUtterance | undefined,
    budget: HearingBudget,
  ) {
    const { consent, loop, place } = this.#session;
    const { clock, hearing, vocabulary } = this.#deps;
    const { languages } = place;
    const name = place.findPerson(speakerId)?.name ?? 'Someone';
    languages.meet(speakerId);
    const heard = place
      .people()
      .filter((one) => !one.isBot && consent.standing(one.id) === 'yes')
      .map((one) => one.name);
    const hints = recognitionHints(loop.state.settings.names, vocabulary(), heard);
    const paid = this.#deps.transcriber.paidBy(budget.reservation);
    const transcriber = asking(paid, { hints, language: languages.hintFor(speakerId) });
    const id = this.#nextId++;
    const utterance: HeardUtterance = new HeardUtterance({
      id,
      speakerId,
      name,
      fromMs,
      hints,
      listening: this.#hold(transcriber, speakerId, () => utterance),
      clock,
      follower: follow?.({ speakerId, name, fromMs }),
      onDecided: (meant) => budget.decided(meant),
    });
    this.#all.set(id, utterance);
    this.#open.set(speakerId, utterance);
    const isCaptioned = utterance.isFollowed;
    loop.post({ kind: 'began', utterance: id, by: speakerId, fromMs, hints, isCaptioned });
    if (!openSpeech(loop.state, id)) {
      this.forget(id);
      utterance.close();
    }
    if (utterance.isRecognised) hearing.warm();
  }

  /** A recogniser for an utterance, which begins when its words are needed. */
  #hold(
    transcriber: Transcriber,
    speakerId: PersonId,
    utterance: () => HeardUtterance,
  ): HeldListening {
    const { loop, notices, signal } = this.#session;
    const onPartial = (text: string) => {
      const one = utterance();
      if (transcriber.listen) one.partial = text;
      one.heardPartly(text);
      notices.report({ kind: 'words', name: one.name, text, isWhole: false });
      if (transcriber.listen) loop.post({ kind: 'partial', utterance: one.id, text });
      if (this.#open.get(speakerId) !== one) return;
      this.#connection?.read(speakerId, { text });
      if (one.overlaps) this.#connection?.overhear(speakerId, text);
    };
    const onSent = (ms: number) => this.#interimBudget.sent(ms);
    const open = (inner: AbortSignal) => listenWith(transcriber, onPartial, inner, onSent);
    return new HeldListening(open, signal);
  }

  async #end(utterance: HeardUtterance, ended: UtteranceEnd) {
    const { loop, place } = this.#session;
    const { id, speakerId } = utterance;
    utterance.end = ended;
    const { endedAtMs, heard, whole } = ended;
    if (hasVoice(heard) && utterance.isRecognised)
      this.#interimBudget.spoke(whole.toMs - whole.fromMs);
    if (utterance.words) await place.languages.said(speakerId, utterance.words);
    loop.post({
      kind: 'ended',
      utterance: id,
      toMs: whole.toMs,
      endedMs: endedAtMs,
      evidence: heard,
      isAmongSounds: utterance.isAmongSounds,
    });
    const { deferredPause } = utterance;
    if (deferredPause !== undefined && this.#all.get(id) === utterance)
      await this.#recognise(utterance, deferredPause);
  }

  /** An answer is made of it no more, but captions are. */
  async #breakOff(utterance: HeardUtterance) {
    const { consent } = this.#session;
    const withdrawn = consent.withdrawals.of(utterance.speakerId);
    if (utterance.isFollowed && consent.mayHear(utterance.speakerId)) {
      const words = await utterance.text().catch(() => undefined);
      if (withdrawn.aborted) utterance.decided({ kind: 'withdrawn' }, false);
      else if (words) utterance.decided(utterance.content(utterance.evidence), false);
    } else if (!consent.mayHear(utterance.speakerId))
      utterance.decided({ kind: 'withdrawn' }, false);
    utterance.close();
  }

  #report(utterance: HeardUtterance, isNothing: boolean, why: UtteranceOver['why']) {
    const { consent, notices, place } = this.#session;
    const { end, name, speakerId, words } = utterance;
    if (words && !isNothing) {
      const said = { speakerId, name, text: words.text };
      const recognised = {
        kind: 'recognised',
        channelId: place.channel.channelId,
        ...said,
      } as const;
      const cut = end?.why === 'too-long' ? ({ cut: end.why } as const) : {};
      const isLeftOut = !consent.mayWrite(speakerId);
      notices.report({ ...recognised, isLeftOut, ...cut });
    }
    if (why) notices.report({ kind: 'ignored', speakerId, name, why });
  }
}
