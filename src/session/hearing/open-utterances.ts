import { BotError } from '#src/base/errors.ts';
import { reportUnrecognised } from '#src/session/alerts/report-failure.ts';
import {
  PreemptiveAnswers,
  type PreemptiveAnswersOptions,
} from '#src/session/answering/preemptive-answers.ts';
import type { SpeakingContext } from '#src/session/context.ts';
import type { Ignored } from '#src/session/ports/events.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import type { AskResult } from '#src/session/queue/turn-queue.ts';
import type { OnRecognised } from '#src/spending/budget-authority.ts';
import { meteredTranscriber } from '#src/spending/usage-meters.ts';
import { hasVoice } from '#src/turn/evidence.ts';
import { reasonNotToAnswer } from './answerable.ts';
import { Continuations, type OpenQuestion } from './continuations.ts';
import { liveAudioOf } from './live-audio.ts';
import { OpenUtterance } from './open-utterance.ts';
import type { OverlapWords } from './overlap-words.ts';
import type { SpeakerInputEvent } from './speaker-input.ts';
import { said } from './utterance.ts';

export type OpenUtterancesOptions = Omit<PreemptiveAnswersOptions, 'isOpen'> & {
  readonly room: SpeakingContext;
  readonly overlapWords: OverlapWords;
};

type UtteranceEnd = Extract<SpeakerInputEvent, { kind: 'ended' }>;

/** What everybody in one channel is in the middle of saying, up to the question it becomes. */
export class OpenUtterances {
  readonly #options: OpenUtterancesOptions;
  readonly #drafts = new Map<string, OpenUtterance>();
  readonly #continuations: Continuations;
  /** Said to the end, and not understood yet. */
  readonly #pending = new Set<QueuedQuestion>();

  readonly #forethought: PreemptiveAnswers;
  readonly #broken = Promise.withResolvers<never>();

  constructor(options: OpenUtterancesOptions) {
    this.#options = options;
    this.#continuations = new Continuations(options.room, (work) => this.#run(work));
    this.#forethought = new PreemptiveAnswers({
      ...options,
      isOpen: (draft) => this.#drafts.get(draft.speakerId) === draft,
    });
    this.#broken.promise.catch(() => undefined); // whoever watches is told
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#broken.reject(error));
  }

  /** Ended, and still being recognised. */
  get pending(): QueuedQuestion | undefined {
    const [first] = this.#pending;
    return first;
  }

  /** Never resolves. Errors: what is a bug in the work that nobody waits for. Aborting `signal` throws its reason. */
  async watch(signal: AbortSignal): Promise<never> {
    const leave = () => this.#broken.reject(signal.reason);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      return await this.#broken.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** To be given everything that was noticed of this person, in order. */
  take(speakerId: string, noticed: SpeakerInputEvent): void {
    if (noticed.kind === 'began') this.#mayBegin(speakerId, noticed.fromMs);
    const draft = this.#drafts.get(speakerId);
    if (!draft) return;
    if (this.#options.room.mouth.sounds) draft.overlaps = true;
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        draft.hear(noticed.sound);
        return;
      case 'paused':
        if (hasVoice(noticed.heard)) this.#run(this.#forethought.pause(draft, noticed));
        return;
      case 'resumed':
        draft.goOn();
        return;
      case 'likely-over':
        this.#forethought.think(draft, draft.words?.text, noticed);
        return;
      case 'ended':
        this.#drafts.delete(speakerId);
        this.#end(draft, noticed);
        return;
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  /** All words so far of what this person is saying. */
  overhear(speakerId: string, text: string): void {
    const draft = this.#drafts.get(speakerId);
    if (draft?.overlaps) this.#options.overlapWords.partly(draft, text);
  }

  /** Whatever others are saying, or have just said, is gone. To be called now and then. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const speakerId of this.#drafts.keys()) {
      if (!mayHear(speakerId)) this.#forget(speakerId);
    }
    this.#continuations.keep(mayHear);
  }

  /** What was said to its end is still answered. */
  close(): void {
    for (const { before } of this.#drafts.values()) {
      if (before) this.#run(this.#continuations.giveBack(before));
    }
    this.keep(() => false);
  }

  /** Where there is no money to recognise it, nobody learns what was said. */
  #mayBegin(speakerId: string, fromMs: number): void {
    const { channel, notice, parts } = this.#options.room;
    const listening = parts.spending.listen(channel.guildId, speakerId);
    if ('heard' in listening) this.#begin(speakerId, fromMs, listening.heard);
    else if (listening.isNews()) notice(listening.line);
  }

  #begin(speakerId: string, fromMs: number, heard: OnRecognised): void {
    const { people, room, read } = this.#options;
    const { floor, mouth, parts, withdrawals } = room;
    const here = people();
    const name = here.find(({ id }) => id === speakerId)?.name ?? 'Someone';
    const isAlone = here.every(({ id, isBot }) => isBot || id === speakerId);
    this.#forget(speakerId);
    const until = AbortSignal.any([room.signal, withdrawals.of(speakerId)]);
    const streams = parts.transcriber.listen !== undefined;
    const onPartial = (text: string) => {
      if (streams) draft.partial = text;
      read(speakerId, { text });
    };
    const metered = meteredTranscriber(parts.transcriber, heard);
    const { guildId } = room.channel;
    const onWait = () => parts.onEvent(guildId, { kind: 'recogniser-full' });
    const listening = parts.listeningSlots.listen({ guildId, onWait }, metered, onPartial, until);
    const before = this.#continuations.before(speakerId, fromMs);
    const { clock } = parts;
    const draft = new OpenUtterance({ speakerId, name, fromMs, isAlone, listening, clock, before });
    if (before) this.#continuations.follow(before, draft);
    draft.live = liveAudioOf(draft, room.pipeline, this.#options);
    this.#drafts.set(speakerId, draft);
    const sounds = floor.current === before && mouth.sounds;
    if (before && !sounds) floor.giveUp(before, 'continued');
    parts.warm();
  }

  #forget(speakerId: string): void {
    const draft = this.#drafts.get(speakerId);
    this.#drafts.delete(speakerId);
    draft?.live?.forget();
    draft?.[Symbol.dispose]();
  }

  #end(draft: OpenUtterance, ended: UtteranceEnd): void {
    const question = questionOf(draft, ended);
    const meant = this.#finish(draft, question, ended);
    this.#run(meant.then((isMeant) => (isMeant ? undefined : draft.live?.forget())));
    this.#continuations.add(question, meant);
    if (hasVoice(ended.heard)) this.#continuations.mayGoOn(question);
  }

  /** Decided in the order in which it was said, unless what came before takes too long. */
  async #finish(
    draft: OpenUtterance,
    question: OpenQuestion,
    ended: UtteranceEnd,
  ): Promise<boolean> {
    using over = draft;
    const { attention, withdrawals } = this.#options.room;
    const { speakerId } = over;
    const { heard, whole } = ended;
    const withdrawn = withdrawals.of(speakerId);
    let failure: unknown;
    if (hasVoice(heard)) {
      attention.talked(speakerId, whole.toMs - whole.fromMs);
      this.#pending.add(question);
      failure = await draft.text().then(
        () => undefined,
        (error: unknown) => error,
      );
      this.#pending.delete(question);
    }
    await this.#continuations.decided(draft);
    if (withdrawn.aborted) question.claim.drop('withdrawn');
    const { dropped } = question.claim;
    const isOver = dropped !== undefined && dropped !== 'continued';
    question.isMeant = !isOver && this.#decide(draft, question, ended);
    if (!isOver && !question.isMeant && failure instanceof BotError) {
      reportUnrecognised(failure, this.#options.room);
    }
    return question.isMeant;
  }

  /** Whether it is to be answered; where its speaker went on meanwhile, whoever answers that answers it as well. */
  #decide(draft: OpenUtterance, question: OpenQuestion, ended: UtteranceEnd): boolean {
    const { overlapWords } = this.#options;
    const { before, earlier, words } = draft;
    const objected = reasonNotToAnswer(draft, ended.heard, this.#options);
    const isNothing =
      objected === 'no-voice' || objected === 'empty' || objected === 'hallucination';
    const said = overlapWords.read(isNothing ? undefined : words?.text);
    let meant = objected === undefined;
    const isWord = said !== undefined && overlapWords.heeds(draft, said, meant);
    const why = isWord ? 'interjection' : objected;
    this.#tell(draft, ended, why);
    question.earlier = earlier;
    if (words) this.#continuations.understood(question, words);
    if (why && before && !isWord) this.#continuations.leave(before, question, isNothing);
    if (question.claim.dropped) return !why;
    if (!why) meant = this.#ask(question, before) !== 'joined';
    overlapWords.finally(draft, said, meant);
    if (!why) return true;
    question.claim.drop('unmeant');
    if (isNothing) this.#continuations.wasNothing(question);
    return false;
  }

  /** What it goes on with needs no answer of its own, nor does what its speaker asked and has not heard a word of. */
  #ask(question: QueuedQuestion, before: QueuedQuestion | undefined): AskResult {
    const { floor, mouth } = this.#options.room;
    if (before) floor.giveUp(before, 'continued');
    const { current } = floor;
    const isTheirs =
      current?.kind === 'question' && current.said.speakerId === question.said.speakerId;
    if (isTheirs && !mouth.sounds) floor.giveUp(current, 'interrupted');
    return floor.ask(question);
  }

  #tell(
    { speakerId, name, words }: OpenUtterance,
    ended: UtteranceEnd,
    why: Ignored | undefined,
  ): void {
    const { channel, parts } = this.#options.room;
    const { guildId } = channel;
    const hasWords = why !== 'no-voice' && why !== 'empty' && why !== 'hallucination';
    if (words && hasWords) {
      const cut = ended.why === 'too-long' ? ended.why : undefined;
      const recognised = { kind: 'recognised', speakerId, name, text: words.text } as const;
      parts.onEvent(guildId, { ...recognised, ...(cut && { cut }) });
    }
    if (why) parts.onEvent(guildId, { kind: 'ignored', speakerId, name, why });
  }
}

function questionOf(draft: OpenUtterance, { whole, endedAtMs }: UtteranceEnd): OpenQuestion {
  const { speakerId, name, thinking } = draft;
  draft.thinking = undefined;
  const question: OpenQuestion = {
    kind: 'question',
    said: said(whole, speakerId, name, () => draft.text()),
    earlier: [],
    endedAtMs,
    thinking,
    claim: new TurnHandle(() => question.thinking?.discard()),
  };
  return question;
}
