import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, PersonId } from '#src/base/ids.ts';
import { type PlayEnd, playEnds } from '#src/base/play-end.ts';
import { splitClauses } from '#src/chat/text/clause-splitter.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { Id, TurnEnd } from '#src/conversation/machine/state.ts';
import { type ChannelNotices, toFailureLine } from '#src/notices/channel-notices.ts';
import { toOpenText } from '#src/people/confidential-text.ts';
import { queueRules } from '#src/turn/answer-wait.ts';
import type { ConversationLoop } from './conversation-loop.ts';
import { findAnnouncement, findTurn, isMuted } from './machine/selectors.ts';
import type { QueuedAnnouncement, QueuedQuestion } from './queued-speech.ts';

type QueueOutcome =
  /** `ended` never rejects. */
  | {
      readonly kind: 'added';
      readonly position: number;
      readonly ended: Promise<PlayEnd>;
    }
  | { readonly kind: 'full'; readonly limit: number }
  | { readonly kind: 'closed' | 'muted' };

type SpokenNotice = {
  /** Empty when the notice is not wanted any more. */
  readonly getText: () => string;
  readonly language: string;
  readonly personId?: PersonId;
  readonly maxWaitMs: number;
  readonly onEnded: (wasHeard: boolean) => void;
};

export type ListedTurn = { readonly id: Id } & (
  | { readonly kind: 'question'; readonly by: PersonId; readonly name: string }
  | { readonly kind: 'announcement'; readonly announcement: QueuedAnnouncement }
);

type HeardAnnouncement = {
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

/** A rejected request has no end. */
type Request = Submission & { isQueued: boolean };

type SubmitOutcome =
  | { readonly kind: 'queued'; readonly position: number }
  | { readonly kind: 'rejected'; readonly reason: TurnEnd };

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
 * import type { SpeechRequests } from '#src/conversation/speech-requests.ts';
 * import { toOpenText } from '#src/people/confidential-text.ts';
 *
 * declare const requests: SpeechRequests;
 * const dinner = requests.queueAnnouncement({ clauses: [toOpenText('Dinner is ready.')], when: 'queue' });
 * if (dinner.kind === 'added') await dinner.ended; // 'completed', or the reason for an early end
 */
export class SpeechRequests {
  readonly #deps;
  readonly #all = new Map<Id, Request>();
  readonly #heard = new Set<Id>();
  #latestHeard: HeardAnnouncement | undefined;
  #nextId = 1;

  constructor(deps: SpeechRequestsDeps) {
    this.#deps = deps;
  }

  findQuestion(request: Id | undefined): QueuedQuestion | undefined {
    const one = this.#find(request);
    return one?.kind === 'question' ? one.question : undefined;
  }

  findAnnouncement(request: Id | undefined): QueuedAnnouncement | undefined {
    const one = this.#find(request);
    if (one?.kind === 'notice') one.announcement ??= this.#createNotice(one.notice);
    return one?.kind === 'question' ? undefined : one?.announcement;
  }

  get current(): ListedTurn | undefined {
    const id = this.#deps.loop.state.turnQueue.current?.id;
    return id === undefined ? undefined : this.#toListedTurn(id);
  }

  get waiting(): readonly ListedTurn[] {
    return this.#deps.loop.state.turnQueue.waiting.flatMap(
      (id) => this.#toListedTurn(id) ?? [],
    );
  }

  get latestHeard(): HeardAnnouncement | undefined {
    return this.#latestHeard;
  }

  askQuestion(question: QueuedQuestion) {
    const { name, speakerId: by } = question.utterance;
    const text = question.transcript?.text ?? '';
    const asking = { kind: 'question', question, signal: question.signal } as const;
    this.#submitRequest(asking, (request) => ({
      kind: 'typed',
      request,
      by,
      name,
      text,
    }));
  }

  queueAnnouncement(announcement: QueuedAnnouncement): QueueOutcome {
    const { owner, personId, when } = announcement;
    const ended = Promise.withResolvers<PlayEnd>();
    const about = personId === undefined ? [] : [personId];
    const isInterruptible = announcement.interruptible ?? true;
    const event = {
      kind: 'announcement',
      owner: owner?.id,
      about,
      when,
      isInterruptible,
    } as const;
    const submitted = this.#submitRequest(
      { kind: 'announcement', announcement, ended, signal: announcement.signal },
      (request) => ({ ...event, request }),
    );
    if (submitted.kind === 'queued')
      return { kind: 'added', position: submitted.position, ended: ended.promise };
    const { maxLinesPerPerson, maxAnnouncements } = queueRules;
    if (submitted.reason === 'crowded')
      return {
        kind: 'full',
        limit: when === 'behind' ? maxLinesPerPerson : maxAnnouncements,
      };
    return { kind: submitted.reason === 'muted' ? 'muted' : 'closed' };
  }

  /** Returns false if rejected. The end of a rejected notice is not reported. */
  queueNotice(notice: SpokenNotice): boolean {
    if (!this.#canSpeak()) return false;
    const { maxWaitMs, personId: to } = notice;
    const untilMs = this.#deps.clock.nowMs() + maxWaitMs;
    const submitted = this.#submitRequest({ kind: 'notice', notice }, (request) => ({
      kind: 'notify',
      request,
      to,
      untilMs,
    }));
    return submitted.kind === 'queued';
  }

  /** Returns whether there were any replies. */
  stopEverything(): boolean {
    const { current, waiting } = this.#deps.loop.state.turnQueue;
    this.#deps.loop.post({ kind: 'stop' });
    const isSaid = current !== undefined && current.phase.kind !== 'cut';
    return isSaid || waiting.length > 0;
  }

  takeOut({ id }: ListedTurn, why: 'skipped' | 'stopped') {
    this.#deps.loop.post({ kind: 'taken-out', id, why });
  }

  reportOutcome({ failure, outcome, request }: EffectOf<'report'>) {
    const one = this.#all.get(request);
    this.#all.delete(request);
    if (one?.kind === 'question') {
      const { onOver, onOutcome } = one.question;
      const line = failure
        ? toFailureLine(failure.error)
        : ({ id: 'ask.late' } as const);
      if (outcome === 'failed') onOutcome?.({ kind: 'failed', line });
      onOver?.(outcome);
    }
    if (!one?.isQueued) return;
    const wasHeard = this.#heard.delete(request);
    if (one.kind === 'notice') one.notice.onEnded(wasHeard);
    if (one.kind !== 'announcement') return;
    const { channelId, notices } = this.#deps;
    const known = playEnds.find((each) => each === outcome);
    const end = known ?? (outcome === 'ending' ? 'left' : 'failed');
    notices.reportEvent({ kind: 'played', channelId, track: 'voice', end });
    one.ended.resolve(end);
  }

  noteHeard(request: Id | undefined) {
    if (request !== undefined) this.#heard.add(request);
    const announcement = this.findAnnouncement(request);
    announcement?.onHeard?.();
    this.#latestHeard = { announcement, atMs: this.#deps.clock.nowMs() };
  }

  #find(request: Id | undefined) {
    return request === undefined ? undefined : this.#all.get(request);
  }

  #submitRequest(
    given: Submission,
    eventOf: (request: Id) => Parameters<ConversationLoop['post']>[0],
  ): SubmitOutcome {
    const { loop } = this.#deps;
    const id = this.#nextId++;
    const request = { ...given, isQueued: false };
    this.#all.set(id, request);
    const effects = loop.post(eventOf(id));
    const report = effects.find((one) => one.do === 'report' && one.request === id);
    if (report?.do === 'report') return { kind: 'rejected', reason: report.outcome };
    request.isQueued = true;
    given.signal?.addEventListener('abort', () => {
      if (this.#all.has(id)) loop.post({ kind: 'taken-back', request: id });
    });
    return { kind: 'queued', position: this.#countAhead(id) };
  }

  #countAhead(request: Id) {
    const { announcements, current, waiting } = this.#deps.loop.state.turnQueue;
    const id = announcements.find((one) => one.request === request)?.id;
    const place = id === undefined ? -1 : waiting.indexOf(id);
    if (place < 0) return 0;
    return place + (current ? 1 : 0);
  }

  #toListedTurn(id: Id): ListedTurn | undefined {
    const { state } = this.#deps.loop;
    const turn = findTurn(state, id);
    if (turn) return { id, kind: 'question', by: turn.by, name: turn.name };
    const one = this.#find(findAnnouncement(state, id)?.request);
    return one?.kind === 'announcement'
      ? { id, kind: 'announcement', announcement: one.announcement }
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
