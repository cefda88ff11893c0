import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import { type PlayEnd, playEnds } from '#src/base/play-end.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { conversationRules } from '#src/conversation/machine/conversation-rules.ts';
import {
  findAnnouncement,
  findTurn,
  isMuted,
} from '#src/conversation/machine/draft.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { UntimedEvent } from '#src/conversation/machine/events.ts';
import type { Id } from '#src/conversation/machine/state.ts';
import { findSpeechRejection } from '#src/conversation/machine/turn-queue.ts';
import { type ChannelNotices, toFailureLine } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/owned.ts';
import { queueRules } from '#src/turn/answer-wait.ts';
import type { QueuedAnnouncement, QueuedQuestion } from './queued-speech.ts';

/** The place of an announcement in the queue, or the reason why it was not taken. */
type QueueOutcome =
  /** `ended` never rejects. */
  | {
      readonly kind: 'added';
      readonly position: number;
      readonly ended: Promise<PlayEnd>;
    }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'closed' | 'muted' };

/** A sentence of the bot about itself, said at the next pause. */
type SpokenNotice = {
  /** Empty when the notice is not wanted any more. */
  readonly getText: () => string;
  readonly language: string;
  readonly personId?: PersonId;
  readonly maxWaitMs: number;
  /** Called once, unless the notice was rejected. */
  readonly onEnded: (wasHeard: boolean) => void;
};

/** A turn or announcement of the queue, as people see it. */
export type ListedTurn = { readonly id: Id } & (
  | { readonly kind: 'question'; readonly by: PersonId; readonly name: string }
  | { readonly kind: 'announcement'; readonly announcement: QueuedAnnouncement }
);

type HeardAnnouncement = {
  /** Undefined if the request is gone. */
  readonly announcement: QueuedAnnouncement | undefined;
  readonly atMs: number;
};

type Submission = { readonly signal?: AbortSignal | undefined } & (
  | { readonly kind: 'question'; readonly question: QueuedQuestion }
  | {
      readonly kind: 'announcement';
      readonly announcement: QueuedAnnouncement;
      readonly ended: PromiseWithResolvers<PlayEnd>;
    }
  | {
      readonly kind: 'notice';
      readonly notice: SpokenNotice;
      announcement?: QueuedAnnouncement;
    }
);

/** A request until its outcome is reported. */
type Request = Submission & {
  /** Ends with the outcome. A session lives long, so nothing of a request may listen to it then. */
  readonly ending: AbortController;
};

type RequestEvent = Extract<
  UntimedEvent,
  { kind: 'typed' | 'announcement' | 'notify' }
> & { readonly request: Id };

type SpeechRequestsDeps = {
  readonly clock: Clock;
  readonly channelId: ChannelId;
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  /** Returns false without money for speech, and for captions only. */
  readonly maySpeak: () => boolean;
};

/**
 * Questions, announcements and notices that people, commands and features bring to one session, and their outcomes.
 *
 * @example
 * import type { SpeechRequests } from '#src/conversation/mouth/speech-requests.ts';
 * import { toOpenText } from '#src/people/owned.ts';
 *
 * declare const requests: SpeechRequests;
 * const dinner = requests.queueAnnouncement({ clauses: [toOpenText('Dinner is ready.')], when: 'queue' });
 * if (dinner.kind === 'added') await dinner.ended; // 'completed', or the reason for an early end
 */
export class SpeechRequests {
  readonly #deps: SpeechRequestsDeps;
  readonly #requests = new Map<Id, Request>();
  readonly #heardIds = new Set<Id>();
  #latestHeard: HeardAnnouncement | undefined;
  #nextId = 1;

  constructor(deps: SpeechRequestsDeps) {
    this.#deps = deps;
  }

  /** Finds a question until its outcome is reported. */
  findQuestion(id: Id): QueuedQuestion | undefined {
    const request = this.#findRequest(id);
    return request?.kind === 'question' ? request.question : undefined;
  }

  /** Finds an announcement until its outcome is reported. A notice gets its text at the first call. */
  findAnnouncement(id: Id | undefined): QueuedAnnouncement | undefined {
    const request = this.#findRequest(id);
    if (request?.kind === 'notice')
      request.announcement ??= this.#createNotice(request.notice);
    return request?.kind === 'question' ? undefined : request?.announcement;
  }

  /** The turn or announcement that sounds or is made now. Undefined for a notice. */
  get current(): ListedTurn | undefined {
    const id = this.#deps.loop.state.turnQueue.current?.id;
    return id === undefined ? undefined : this.#toListedTurn(id);
  }

  /** The turns and announcements that wait, in their order, without notices. */
  get waiting(): readonly ListedTurn[] {
    return this.#deps.loop.state.turnQueue.waiting.flatMap(
      (id) => this.#toListedTurn(id) ?? [],
    );
  }

  /** The announcement or notice that was heard last in this session, with the time of its end. */
  get latestHeard(): HeardAnnouncement | undefined {
    return this.#latestHeard;
  }

  /** Asks a question that did not come by voice. Its callbacks tell the outcome, also of a rejection. */
  askQuestion(question: QueuedQuestion): void {
    const { name, speakerId: by } = question.utterance;
    const text = question.transcript?.text ?? '';
    const { signal } = question;
    const request = this.#nextId++;
    const event = { kind: 'typed', request, by, name, text } as const;
    this.#submitRequest({ kind: 'question', question, signal }, event);
  }

  /** Queues an announcement. Aborting its `signal` takes it back. */
  queueAnnouncement(announcement: QueuedAnnouncement): QueueOutcome {
    const { owner, personId } = announcement;
    const ended = Promise.withResolvers<PlayEnd>();
    const about = personId === undefined ? [] : [personId];
    const isInterruptible = announcement.interruptible ?? true;
    const event = {
      kind: 'announcement',
      request: this.#nextId++,
      owner: owner?.id,
      about,
      when: announcement.when,
      isInterruptible,
    } as const;
    const rejection = this.#findRejection(event);
    if (!rejection) {
      const { signal } = announcement;
      const submission = { kind: 'announcement', announcement, ended, signal } as const;
      this.#submitRequest(submission, event);
      const position = this.#countAhead(event.request);
      return { kind: 'added', position, ended: ended.promise };
    }
    const { maxLinesPerPerson, maxAnnouncements } = queueRules;
    if (rejection === 'crowded')
      return {
        kind: 'full',
        limit: announcement.when === 'behind' ? maxLinesPerPerson : maxAnnouncements,
      };
    return { kind: rejection === 'muted' ? 'muted' : 'closed' };
  }

  /** Queues a notice for the next pause. Returns false if the notice is rejected: its `onEnded` is then not called. */
  queueNotice(notice: SpokenNotice): boolean {
    if (!this.#canSpeak()) return false;
    const { maxWaitMs, personId: to } = notice;
    const untilMs = this.#deps.clock.nowMs() + maxWaitMs;
    const event = { kind: 'notify', request: this.#nextId++, to, untilMs } as const;
    if (this.#findRejection(event)) return false;
    this.#submitRequest({ kind: 'notice', notice }, event);
    return true;
  }

  /** True while a reply is made or sounds, or another waits. */
  get isBusy(): boolean {
    const { current, waiting } = this.#deps.loop.state.turnQueue;
    const isSaid = current !== undefined && current.phase.kind !== 'cut';
    return isSaid || waiting.length > 0;
  }

  /** Stops the current reply and all that wait. Returns whether there were any. */
  stopEverything(): boolean {
    const { isBusy } = this;
    this.#deps.loop.post({ kind: 'stop' });
    return isBusy;
  }

  /** Ends a turn or announcement, whether or not it sounds. */
  takeOut({ id }: ListedTurn, reason: 'skipped' | 'stopped'): void {
    this.#deps.loop.post({ kind: 'taken-out', id, why: reason });
  }

  /** Tells the asker or sender of a request how it ended, and forgets the request. */
  reportOutcome({ failure, outcome, request: id }: EffectOf<'report'>): void {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (request?.kind === 'question') {
      const { onOver, onOutcome } = request.question;
      const failureLine = failure
        ? toFailureLine(failure.error)
        : ({ id: 'ask.late' } as const);
      if (outcome === 'failed') onOutcome?.({ kind: 'failed', line: failureLine });
      onOver?.(outcome);
    }
    if (!request) return;
    request.ending.abort(new Error('the request is over'));
    const wasHeard = this.#heardIds.delete(id);
    if (request.kind === 'notice') request.notice.onEnded(wasHeard);
    if (request.kind !== 'announcement') return;
    const { channelId, notices } = this.#deps;
    const playEnd = playEnds.find((each) => each === outcome);
    const end = playEnd ?? (outcome === 'ending' ? 'left' : 'failed');
    notices.reportEvent({ kind: 'played', channelId, track: 'voice', end });
    request.ended.resolve(end);
  }

  /** Notes that sound of an announcement or notice has left, before its outcome is reported. */
  noteHeard(id: Id | undefined): void {
    if (id !== undefined) this.#heardIds.add(id);
    const announcement = this.findAnnouncement(id);
    announcement?.onHeard?.();
    this.#latestHeard = { announcement, atMs: this.#deps.clock.nowMs() };
  }

  #findRequest(id: Id | undefined) {
    return id === undefined ? undefined : this.#requests.get(id);
  }

  #submitRequest(submission: Submission, event: RequestEvent) {
    const { loop } = this.#deps;
    const { request } = event;
    const ending = new AbortController();
    this.#requests.set(request, { ...submission, ending });
    // Taken back while its sender waited for something else, such as a store, it is not even begun.
    if (submission.signal?.aborted)
      return this.reportOutcome({ do: 'report', request, outcome: 'withdrawn' });
    submission.signal?.addEventListener(
      'abort',
      () => loop.post({ kind: 'taken-back', request }),
      { signal: ending.signal },
    );
    loop.post(event);
  }

  /** Finds the reason why a request would not be queued now. */
  #findRejection(event: Exclude<RequestEvent, { kind: 'typed' }>) {
    const { loop } = this.#deps;
    loop.syncSettings();
    return findSpeechRejection(loop.state, event, conversationRules);
  }

  #countAhead(request: Id) {
    const { announcements, current, waiting } = this.#deps.loop.state.turnQueue;
    const id = announcements.find((each) => each.request === request)?.id;
    const position = id === undefined ? -1 : waiting.indexOf(id);
    if (position < 0) return 0;
    return position + (current ? 1 : 0);
  }

  #toListedTurn(id: Id): ListedTurn | undefined {
    const { state } = this.#deps.loop;
    const turn = findTurn(state, id);
    if (turn) return { id, kind: 'question', by: turn.by, name: turn.name };
    const request = this.#findRequest(findAnnouncement(state, id)?.request);
    return request?.kind === 'announcement'
      ? { id, kind: 'announcement', announcement: request.announcement }
      : undefined;
  }

  #canSpeak() {
    const { loop, maySpeak } = this.#deps;
    return maySpeak() && !isMuted(loop.state.session);
  }

  #createNotice({ language, personId, getText }: SpokenNotice): QueuedAnnouncement {
    const clauses = this.#canSpeak() ? splitClauses(getText()) : [];
    return {
      clauses: clauses.map(toOpenText),
      language,
      when: 'queue',
      personId,
      isWrittenElsewhere: true,
    };
  }
}
