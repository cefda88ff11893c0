import { BotError } from '#src/base/errors.ts';
import type { ConversationFact } from '#src/conversation/machine/effects.ts';
import { isSpeaking, openSpeech } from '#src/conversation/machine/questions.ts';
import type { Id, UtteranceState } from '#src/conversation/machine/state.ts';
import { isAsked } from '#src/conversation/machine/turns.ts';
import type { Session } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import type { TurnUtterance } from '#src/pipeline/pipeline.ts';
import type { FollowUtterance, UtteranceContent } from '#src/ports/feature-session.ts';
import { asking, recognitionHints } from '#src/speech/hints.ts';
import {
  HeldListening,
  InterimBudget,
  type InterimMoment,
  listenWith,
} from '#src/speech/listen.ts';
import type { Transcriber, Transcript } from '#src/speech/ports.ts';
import type { BudgetRefusal, HearingBudget } from '#src/spending/budget-authority.ts';
import { contentOf } from '#src/turn/answerable.ts';
import { hasVoice } from '#src/turn/voice-evidence.ts';
import type { SpeakerInputEvent, UtteranceEnd } from '#src/voice/hearing/speaker-input.ts';
import { UtteranceRecording } from '#src/voice/hearing/utterance-recording.ts';
import type { HearingDependencies } from '#src/voice/link/reconnecting-link.ts';

type UtteranceBegin = Extract<SpeakerInputEvent, { kind: 'began' }>;
type UtteranceOver = Extract<ConversationFact, { kind: 'utterance-over' }>;

type UtteranceDeps = Deps<'clock' | 'cues' | 'spending' | 'transcriber'> & {
  readonly hearing: HearingDependencies;
  /** Words that the server has taught the recogniser. */
  readonly vocabulary: () => readonly string[];
};

/** Recordings of one session, with their recognisers and captions, until the conversation forgets them. */
export class Utterances {
  readonly #session;
  readonly #deps;
  readonly #all = new Map<Id, UtteranceRecording>();
  /** The one that takes the sound of each person. */
  readonly #open = new Map<PersonId, UtteranceRecording>();
  readonly #interimBudget = new InterimBudget();
  #nextId = 1;

  constructor(session: Session, deps: UtteranceDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  /** To be given everything that was noticed of this person, in order. */
  handle(speakerId: PersonId, noticed: SpeakerInputEvent): void {
    if (noticed.kind === 'began') this.#mayBegin(speakerId, noticed);
    const recording = this.#open.get(speakerId);
    if (!recording) return;
    const { id: utterance } = recording;
    const { loop } = this.#session;
    if (this.#isAmongSounds(speakerId)) loop.post({ kind: 'overlaid', utterance });
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        recording.hear(noticed.sound);
        return;
      case 'paused':
      case 'long-pause': {
        const { heard: evidence, kind } = noticed;
        recording.soFar = noticed.soFar;
        const [isLong, isCostly] = [kind === 'long-pause', this.#isCostly(recording, kind)];
        loop.post({ kind: 'paused', utterance, evidence, isLong, isCostly });
        return;
      }
      case 'resumed':
        loop.post({ kind: 'resumed', utterance });
        return;
      case 'likely-over': {
        recording.soFar = noticed.soFar;
        const isCostly = this.#isCostly(recording, 'long-pause');
        loop.post({ kind: 'likely-over', utterance, evidence: noticed.heard, isCostly });
        return;
      }
      case 'ended':
        this.#open.delete(speakerId);
        void this.#end(recording, noticed);
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
    this.#deps.hearing.warm();
  }

  /** Requests the words up to a pause. */
  async recognise(id: Id, pause: number): Promise<void> {
    const recording = this.#all.get(id);
    if (!recording) return;
    const { loop, place } = this.#session;
    const { speakerId } = recording;
    const text = recording.text();
    const result = await text.catch((error: unknown) => ({ error }));
    if (!recording.isLatest(text) || this.#all.get(id) !== recording) return;
    if ('error' in result) {
      loop.post({ kind: 'unrecognised', utterance: id, pause, error: result.error });
      return;
    }
    const heard = openSpeech(loop.state, id)?.utterance;
    if (heard?.partial !== undefined)
      this.#deps.hearing.partialTrust.compare(heard.partial, result.text);
    if (heard && contentOfHeard(heard, result).kind === 'text')
      recording.caption(result.text, true);
    if (recording.whole) await place.languages.said(speakerId, result);
    const language = place.languages.of(speakerId);
    loop.post({ kind: 'words', utterance: id, pause, text: result.text, language });
  }

  cancelRecognition(id: Id): void {
    this.#all.get(id)?.cancelRequest();
  }

  endpoint(id: Id, text: string | undefined): void {
    const recording = this.#all.get(id);
    if (!recording || this.#open.get(recording.speakerId) !== recording) return;
    const { speakerId, transcript } = recording;
    if (text === undefined) void this.#passOver(recording);
    else {
      this.#connection?.read(speakerId, transcript ?? { text });
      if (this.#heard(id)?.isOverlapping) this.#connection?.overhear(speakerId, text);
    }
  }

  forget(id: Id): void {
    const recording = this.#all.get(id);
    if (!recording) return;
    const { isFollowed, speakerId } = recording;
    this.#all.delete(id);
    if (this.#open.get(speakerId) === recording) this.#open.delete(speakerId);
    if (!isFollowed) recording.decided({ kind: 'not-understood' }, false);
  }

  /** What became of an utterance. */
  over(fact: UtteranceOver): void {
    const { end, heard } = fact;
    const recording = this.#all.get(heard.id);
    if (!recording) return;
    if (end === 'broken-off') void this.#breakOff(recording, heard);
    else this.#decided(recording, fact);
    const { error } = heard.failure ?? {};
    if (error instanceof BotError && end !== 'meant' && end !== 'withdrawn')
      this.#session.notices.reportFailure(error, 'recognise');
  }

  #decided(recording: UtteranceRecording, { by, end, heard, name, why }: UtteranceOver) {
    const { loop, notices } = this.#session;
    const isWithdrawn = end === 'withdrawn' || loop.state.consent.no.includes(by);
    const content = isWithdrawn ? withdrawn : contentOfHeard(heard, recording.transcript);
    if (!isWithdrawn && end !== 'nothing') this.#reportWords(heard, by, name);
    if (why) notices.report({ kind: 'ignored', speakerId: by, name, why });
    recording.decided(content, !isWithdrawn && end === 'meant');
  }

  /** An utterance in the form of a pipeline; `text`: the words that its answer is begun on, while others may come. */
  said(id: Id, text: string | undefined): TurnUtterance | undefined {
    const recording = this.#all.get(id);
    const sound = recording?.whole ?? recording?.soFar?.();
    if (!recording || !sound) return undefined;
    const { name, speakerId, transcript: known } = recording;
    const isGuess = text !== undefined && known?.text !== text;
    const transcript = () => (isGuess ? Promise.resolve({ text }) : recording.text());
    return { ...sound, speakerId, name, transcript };
  }

  get #connection() {
    return this.#session.speech.connection.now;
  }

  #heard(id: Id): UtteranceState | undefined {
    return openSpeech(this.#session.loop.state, id)?.utterance;
  }

  /** Whether something sounds beside this person; not looked at where no yes is waited for. */
  #isAmongSounds(speakerId: PersonId) {
    const { loop, speech } = this.#session;
    const { state } = loop;
    if (state.confirmations.every(({ spoken }) => spoken === 'none')) return false;
    const isAlone = [...this.#open.keys()].every((id) => id === speakerId);
    return !isAlone || isSpeaking(state) || speech.mix.tracks.isAudible;
  }

  /** Whether words of an utterance that is not over cost too much now. */
  #isCostly({ soundMs }: UtteranceRecording, moment: InterimMoment): boolean {
    const isStreamed = this.#deps.transcriber.has('listen');
    return !isStreamed && !this.#interimBudget.affords(soundMs, moment);
  }

  /** Gives endpointing an empty text for this pause, so that it does not wait for words. */
  async #passOver(recording: UtteranceRecording) {
    await Promise.resolve(); // what else was noticed goes first
    const { id, speakerId } = recording;
    const heard = this.#heard(id);
    if (this.#open.get(speakerId) === recording && heard && !isAsked(heard))
      this.#connection?.read(speakerId, { text: '' });
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
    const { clock, vocabulary } = this.#deps;
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
    const recording: UtteranceRecording = new UtteranceRecording({
      id,
      speakerId,
      name,
      listening: this.#hold(transcriber, () => recording),
      clock,
      follower: follow?.({ speakerId, name, fromMs }),
      onDecided: (meant) => budget.decided(meant),
    });
    this.#all.set(id, recording);
    this.#open.set(speakerId, recording);
    const isCaptioned = recording.isFollowed;
    loop.post({ kind: 'began', utterance: id, by: speakerId, fromMs, hints, isCaptioned });
    if (this.#heard(id)) return;
    this.forget(id);
    recording.decided({ kind: 'not-understood' }, false);
  }

  /** A recogniser for an utterance, which begins when its words are needed. */
  #hold(transcriber: Transcriber, recording: () => UtteranceRecording): HeldListening {
    const { loop, notices, signal } = this.#session;
    const isStreamed = transcriber.listen !== undefined;
    const onPartial = (text: string) => {
      const { id, name, speakerId } = recording();
      recording().caption(text, false);
      notices.report({ kind: 'words', name, text, isWhole: false });
      loop.post({ kind: 'partial', utterance: id, text, isStreamed });
      if (this.#open.get(speakerId) !== recording()) return;
      this.#connection?.read(speakerId, { text });
      if (this.#heard(id)?.isOverlapping) this.#connection?.overhear(speakerId, text);
    };
    const onSent = (ms: number) => this.#interimBudget.sent(ms);
    const open = (inner: AbortSignal) => listenWith(transcriber, onPartial, inner, onSent);
    return new HeldListening(open, signal);
  }

  async #end(recording: UtteranceRecording, ended: UtteranceEnd) {
    const { loop, place } = this.#session;
    const { id, speakerId, transcript } = recording;
    const { endedAtMs: endedMs, heard: evidence, whole, why } = ended;
    recording.whole = whole;
    if (hasVoice(evidence) && this.#heard(id)?.isRecognised)
      this.#interimBudget.spoke(whole.toMs - whole.fromMs);
    if (transcript) await place.languages.said(speakerId, transcript);
    const isTooLong = why === 'too-long';
    const { toMs } = whole;
    loop.post({ kind: 'ended', utterance: id, toMs, endedMs, evidence, isTooLong });
  }

  /** An answer is made of it no more, but captions are. */
  async #breakOff(recording: UtteranceRecording, heard: UtteranceState) {
    const { consent } = this.#session;
    const { isFollowed, speakerId } = recording;
    const signal = consent.withdrawals.of(speakerId);
    const text = heard.understood;
    let content: UtteranceContent =
      text.trim() === '' ? { kind: 'not-understood' } : { kind: 'text', transcript: { text } };
    if (!consent.mayHear(speakerId)) content = withdrawn;
    else if (isFollowed) {
      const transcript = await recording.text().catch(() => undefined);
      if (signal.aborted) content = withdrawn;
      else if (transcript) content = contentOfHeard(heard, transcript);
    }
    recording.decided(content, false);
  }

  #reportWords({ isTooLong, words: text }: UtteranceState, speakerId: PersonId, name: string) {
    if (text === undefined) return;
    const { consent, notices, place } = this.#session;
    const { channelId } = place.channel;
    const isLeftOut = !consent.mayWrite(speakerId);
    const cut = isTooLong ? ({ cut: 'too-long' } as const) : {};
    notices.report({ kind: 'recognised', channelId, speakerId, name, text, isLeftOut, ...cut });
  }
}

const withdrawn: UtteranceContent = { kind: 'withdrawn' };

/** Content of an utterance. The words alone decide where it was broken off before a voice was proven. */
function contentOfHeard(
  { evidence, hints, isEnded }: UtteranceState,
  transcript: Transcript | undefined,
): UtteranceContent {
  const { text } = transcript ?? {};
  const isJudged = isEnded || text === undefined || hasVoice(evidence);
  const held = isJudged ? contentOf({ evidence, text, hints }) : contentOfWords(text);
  if (held === 'words' && transcript) return { kind: 'text', transcript };
  return { kind: held === 'no-words' ? held : 'not-understood' };
}

function contentOfWords(text: string): ReturnType<typeof contentOf> {
  return text.trim() === '' ? 'no-words' : 'words';
}
