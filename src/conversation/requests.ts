import type { Clock } from '#src/base/clock.ts';
import { type PlayEnd, playEnds } from '#src/base/play-end.ts';
import { clausesOf } from '#src/chat/text/clauses.ts';
import type { EffectOf, ReportedOutcome } from '#src/conversation/machine/effects.ts';
import { isMuted, readingOf, turnOf } from '#src/conversation/machine/questions.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import type { QueuedQuestion, QueuedReading } from '#src/conversation/queue/queued-turn.ts';
import { type ChannelNotices, failureText } from '#src/notices/notice.ts';
import { openText } from '#src/people/confidential-text.ts';
import { queueRules } from '#src/turn/waiting.ts';
import type { ConversationLoop } from './conversation-loop.ts';

type AddTurnResult =
  /** `ended` never rejects. */
  | { readonly kind: 'added'; readonly ahead: number; readonly ended: Promise<PlayEnd> }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'closed' }
  | { readonly kind: 'muted' };

/** Something that the bot says of itself once no person talks. */
type SpokenNotice = {
  /** Made when it is said; empty: it is not wanted any more. */
  readonly words: () => string;
  /** Language of `words`, BCP 47. */
  readonly language: string;
  /** Person whom it is for; left out: all. */
  readonly personId?: PersonId;
  /** Longest wait for a pause, in ms. */
  readonly longestWaitMs: number;
  /** Called once: whether any of it was heard. */
  readonly ended: (wasHeard: boolean) => void;
};

/** A turn or a reading as commands see it. */
export type ListedTurn = { readonly id: Id } & (
  | { readonly kind: 'question'; readonly by: PersonId; readonly name: string }
  | { readonly kind: 'reading'; readonly reading: QueuedReading }
);

/** The last reading that was heard, and when it was over. */
type HeardReading = { readonly reading: QueuedReading | undefined; readonly atMs: number };

type Submission = { readonly signal?: AbortSignal | undefined } & (
  | { readonly kind: 'question'; readonly question: QueuedQuestion }
  | {
      readonly kind: 'reading';
      readonly reading: QueuedReading;
      readonly ended: PromiseWithResolvers<PlayEnd>;
    }
  | { readonly kind: 'notice'; readonly notice: SpokenNotice; reading?: QueuedReading }
);

/** `isQueued`: the conversation took it; one that it rejects has no end. */
type Request = Submission & { isQueued: boolean };

/** What became of a request at once; `position`: of those before it, while it waits. */
type SubmitOutcome =
  | { readonly kind: 'queued'; readonly position: number }
  | { readonly kind: 'rejected'; readonly reason: ReportedOutcome };

type RequestDeps = {
  readonly clock: Clock;
  readonly channelId: ChannelId;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  /** False: there is no money for speech, or it was called to write captions only. */
  readonly maySpeak: () => boolean;
};

/** Questions, texts and notices that people, commands and features bring to one session, and what they are told of them. */
export class Requests {
  readonly #deps;
  readonly #all = new Map<Id, Request>();
  readonly #heard = new Set<Id>();
  #latest: HeardReading | undefined;
  #nextId = 1;

  constructor(deps: RequestDeps) {
    this.#deps = deps;
  }

  questionOf(request: Id | undefined): QueuedQuestion | undefined {
    const one = this.#of(request);
    return one?.kind === 'question' ? one.question : undefined;
  }

  /** Text of a reading; that of a notice is made as it is said. */
  readingOf(request: Id | undefined): QueuedReading | undefined {
    const one = this.#of(request);
    if (one?.kind === 'notice') one.reading ??= this.#noticeReading(one.notice);
    return one?.kind === 'question' ? undefined : one?.reading;
  }

  /** What is said now. */
  get current(): ListedTurn | undefined {
    const id = this.#deps.loop.state.floor.current?.id;
    return id === undefined ? undefined : this.#listed(id);
  }

  /** What waits, in the order of the queue. */
  get line(): readonly ListedTurn[] {
    return this.#deps.loop.state.floor.queue.flatMap((id) => this.#listed(id) ?? []);
  }

  /** Last text or answer that was heard. */
  get latest(): HeardReading | undefined {
    return this.#latest;
  }

  ask(question: QueuedQuestion): void {
    const { name, speakerId: by } = question.said;
    const text = question.words?.text ?? '';
    const asking = { kind: 'question', question, signal: question.signal } as const;
    this.#submit(asking, (request) => ({ kind: 'typed', request, by, name, text }));
  }

  read(reading: QueuedReading): AddTurnResult {
    const { owner, personId, when } = reading;
    const ended = Promise.withResolvers<PlayEnd>();
    const about = personId === undefined ? [] : [personId];
    const text = reading.clauses.map((one) => one.textIn(undefined) ?? '').join(' ');
    const isInterruptible = reading.interruptible ?? true;
    const event = { kind: 'read', owner: owner?.id, about, when, text, isInterruptible } as const;
    const submitted = this.#submit(
      { kind: 'reading', reading, ended, signal: reading.signal },
      (request) => ({ ...event, request }),
    );
    if (submitted.kind === 'queued')
      return { kind: 'added', ahead: submitted.position, ended: ended.promise };
    const { mostLinesEach, mostReadings } = queueRules;
    if (submitted.reason === 'full')
      return { kind: 'full', limit: when === 'behind' ? mostLinesEach : mostReadings };
    return { kind: submitted.reason === 'muted' ? 'muted' : 'closed' };
  }

  /** False: it is refused, and its `ended` is not called. */
  put(notice: SpokenNotice): boolean {
    if (!this.#maySpeak()) return false;
    const { longestWaitMs, personId: to } = notice;
    const untilMs = this.#deps.clock.nowMs() + longestWaitMs;
    const submitted = this.#submit({ kind: 'notice', notice }, (request) => ({
      kind: 'notify',
      request,
      to,
      text: '',
      untilMs,
    }));
    return submitted.kind === 'queued';
  }

  /** Stops the answer under way and drops all that waits; false when there was nothing to stop. */
  stop(): boolean {
    const { current, queue } = this.#deps.loop.state.floor;
    this.#deps.loop.post({ kind: 'stop' });
    const isSaid = current !== undefined && current.phase.kind !== 'cut';
    return isSaid || queue.length > 0;
  }

  drop({ id }: ListedTurn, why: 'skipped' | 'stopped'): void {
    this.#deps.loop.post({ kind: 'taken-out', id, why });
  }

  // Effects.

  report({ failure, outcome, request }: EffectOf<'report'>): void {
    const one = this.#all.get(request);
    this.#all.delete(request);
    if (one?.kind === 'question') {
      const { onOver, report } = one.question;
      const line = failure ? failureText(failure.error) : ({ id: 'ask.late' } as const);
      if (outcome === 'failed') report?.({ kind: 'failed', line });
      onOver?.(outcome);
    }
    if (!one?.isQueued) return;
    const wasHeard = this.#heard.delete(request);
    if (one.kind === 'notice') one.notice.ended(wasHeard);
    if (one.kind !== 'reading') return;
    const { channelId, notices } = this.#deps;
    const known = playEnds.find((each) => each === outcome);
    const end = known ?? (outcome === 'ending' ? 'left' : 'failed');
    notices.report({ kind: 'played', channelId, track: 'voice', end });
    one.ended.resolve(end);
  }

  /** Something of a text was heard. */
  noteHeard(request: Id | undefined): void {
    if (request !== undefined) this.#heard.add(request);
    const reading = this.readingOf(request);
    reading?.onHeard?.();
    this.#latest = { reading, atMs: this.#deps.clock.nowMs() };
  }

  #of(request: Id | undefined): Request | undefined {
    return request === undefined ? undefined : this.#all.get(request);
  }

  #submit(
    given: Submission,
    eventOf: (request: Id) => Parameters<ConversationLoop['post']>[0],
  ): SubmitOutcome {
    const { loop } = this.#deps;
    const id = this.#nextId++;
    const request: Request = { ...given, isQueued: false };
    this.#all.set(id, request);
    const effects = loop.post(eventOf(id));
    const report = effects.find((one) => one.do === 'report' && one.request === id);
    if (report?.do === 'report') return { kind: 'rejected', reason: report.outcome };
    request.isQueued = true;
    given.signal?.addEventListener('abort', () => {
      if (this.#all.has(id)) loop.post({ kind: 'taken-back', request: id });
    });
    return { kind: 'queued', position: this.#ahead(id) };
  }

  #ahead(request: Id): number {
    const { floor, readings } = this.#deps.loop.state;
    const id = readings.find((one) => one.request === request)?.id;
    const place = id === undefined ? -1 : floor.queue.indexOf(id);
    if (place < 0) return 0;
    return place + (floor.current ? 1 : 0);
  }

  #listed(id: Id): ListedTurn | undefined {
    const { state } = this.#deps.loop;
    const turn = turnOf(state, id);
    if (turn) return { id, kind: 'question', by: turn.by, name: turn.name };
    const one = this.#of(readingOf(state, id)?.request);
    return one?.kind === 'reading' ? { id, kind: 'reading', reading: one.reading } : undefined;
  }

  /** False: there is no money for speech, a moderator keeps it silent, or it was called to write captions only. */
  #maySpeak() {
    const { loop, maySpeak } = this.#deps;
    return maySpeak() && !isMuted(loop.state);
  }

  #noticeReading({ language, personId, words }: SpokenNotice): QueuedReading {
    const clauses = this.#maySpeak() ? clausesOf(words()) : [];
    return {
      kind: 'reading',
      clauses: clauses.map(openText),
      language,
      when: 'queue',
      personId,
      isWrittenElsewhere: true,
    };
  }
}
