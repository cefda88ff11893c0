import { listenWith } from '#src/speech/listen.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { continues } from '#src/turn/endpointing.ts';
import { type Evidence, hasVoice } from '#src/turn/evidence.ts';
import { Claim } from './claim.ts';
import { Draft } from './draft.ts';
import type { Noticed } from './ear.ts';
import type { Ignored } from './events.ts';
import type { Question } from './floor.ts';
import { type Court, foreseen, objection, textOf } from './objection.ts';
import type { Conversation } from './room.ts';
import { think } from './think.ts';
import { said } from './utterance.ts';

export type DraftsOptions = Court & {
  readonly room: Conversation;
  /** Tells the ear of this person what has been understood up to its pause. */
  readonly read: (speakerId: string, understood: Transcript) => void;
};

type LikelyOver = Extract<Noticed, { kind: 'likely-over' }>;
type Ended = Extract<Noticed, { kind: 'ended' }>;

/** What everybody in one channel is in the middle of saying, up to the question it becomes. */
export class Drafts {
  readonly #options: DraftsOptions;
  readonly #drafts = new Map<string, Draft>();
  /** The latest question of each person. */
  readonly #latest = new Map<string, Question>();
  /** Said to the end, and not understood yet. */
  readonly #pending = new Set<Question>();

  readonly #broken = Promise.withResolvers<never>();

  constructor(options: DraftsOptions) {
    this.#options = options;
    this.#broken.promise.catch(() => undefined); // whoever watches is told
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => this.#broken.reject(error));
  }

  /** Ended, and still being recognised. */
  get pending(): Question | undefined {
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
  take(speakerId: string, noticed: Noticed): void {
    if (noticed.kind === 'began') this.#begin(speakerId, noticed.fromMs);
    const draft = this.#drafts.get(speakerId);
    if (!draft) return;
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        draft.hear(noticed.sound);
        return;
      case 'paused':
        if (hasVoice(noticed.heard)) this.#run(this.#recognise(draft));
        return;
      case 'resumed':
        draft.goOn();
        return;
      case 'likely-over':
        this.#think(draft, noticed);
        return;
      case 'ended':
        this.#drafts.delete(speakerId);
        this.#run(this.#finish(draft, noticed));
        return;
    }
  }

  /** Whatever others are saying is gone. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const [speakerId, draft] of this.#drafts) {
      if (mayHear(speakerId)) continue;
      this.#drafts.delete(speakerId);
      draft[Symbol.dispose]();
    }
  }

  /** What was said to its end is still answered. */
  close(): void {
    this.keep(() => false);
  }

  #begin(speakerId: string, fromMs: number): void {
    const { people, room, read } = this.#options;
    const { floor, mouth, parts, withdrawals } = room;
    const name = people().find(({ id }) => id === speakerId)?.name ?? 'Someone';
    this.#drafts.get(speakerId)?.[Symbol.dispose]();
    const until = AbortSignal.any([room.signal, withdrawals.of(speakerId)]);
    const listening = listenWith(parts.transcriber, (text) => read(speakerId, { text }), until);
    const latest = this.#latest.get(speakerId);
    const before =
      latest && continues(latest.said.toMs, fromMs, parts.endpointRules) ? latest : undefined;
    this.#drafts.set(
      speakerId,
      new Draft({ speakerId, name, fromMs, listening, nowMs: () => parts.clock.nowMs(), before }),
    );
    const sounds = floor.current === before && mouth.sounds;
    if (before && !sounds) floor.drop(before, 'continued');
    parts.warm();
  }

  async #recognise(draft: Draft): Promise<void> {
    const text = draft.text();
    const words = await text.catch(() => ({ text: '' }));
    const isLatest = this.#drafts.get(draft.speakerId) === draft && draft.isAsking(text);
    if (isLatest) this.#options.read(draft.speakerId, words);
  }

  #think(draft: Draft, { soFar, heard }: LikelyOver): void {
    const { room } = this.#options;
    const { floor, waste } = room;
    if (draft.thinking || !floor.isFree || !waste.allows || !foreseen(draft, heard, this.#options))
      return;
    const { speakerId, name, earlier } = draft;
    const text = draft.text();
    const now = said(soFar, speakerId, name, () => text);
    const until = AbortSignal.any([room.signal, room.withdrawals.of(speakerId)]);
    draft.thinking = think([...earlier, now], room, until);
  }

  async #finish(draft: Draft, ended: Ended): Promise<void> {
    using over = draft;
    const { room } = this.#options;
    const withdrawn = room.withdrawals.of(draft.speakerId);
    const question = questionOf(draft, ended);
    this.#latest.set(draft.speakerId, question);
    if (hasVoice(ended.heard)) {
      room.attention.talked(draft.speakerId, ended.whole.toMs - ended.whole.fromMs);
      this.#pending.add(question);
      await draft.text().catch(() => undefined);
      this.#pending.delete(question);
    }
    if (withdrawn.aborted) question.claim.drop('withdrawn');
    if (!question.claim.dropped) this.#decide(over, question, ended.heard);
  }

  #decide(draft: Draft, question: Question, heard: Evidence): void {
    const { floor } = this.#options.room;
    const why = objection(draft, heard, this.#options);
    this.#tell(draft, why);
    const { before, words } = draft;
    if (words) question.words = { text: textOf(draft, words), atMs: words.atMs };
    if (!why) {
      if (before) floor.drop(before, 'continued');
      floor.ask(question);
      return;
    }
    question.claim.drop('unmeant');
    // What was said before it, and waited for it, is asked as it stood.
    if (before?.claim.dropped === 'continued') floor.ask(again(before));
  }

  #tell({ speakerId, name, words }: Draft, why: Ignored | undefined): void {
    const { channel, parts } = this.#options.room;
    const { guildId } = channel;
    const hasWords = why !== 'no-voice' && why !== 'empty' && why !== 'imagined';
    if (words && hasWords) {
      parts.onEvent(guildId, { kind: 'recognised', speakerId, name, text: words.text });
    }
    if (why) parts.onEvent(guildId, { kind: 'ignored', speakerId, name, why });
  }
}

function questionOf(draft: Draft, { whole, endedAtMs }: Ended): Question {
  const { speakerId, name, earlier, thinking } = draft;
  draft.thinking = undefined;
  const question: Question = {
    kind: 'question',
    said: said(whole, speakerId, name, () => draft.text()),
    earlier,
    endedAtMs,
    thinking,
    claim: new Claim(() => question.thinking?.discard()),
  };
  return question;
}

function again(question: Question): Question {
  return { ...question, thinking: undefined, claim: new Claim() };
}
