import { listenWith } from '#src/speech/listen.ts';
import type { Transcript } from '#src/speech/ports.ts';
import { continues } from '#src/turn/endpointing.ts';
import { type Evidence, hasVoice } from '#src/turn/evidence.ts';
import { isImagined } from '#src/turn/imagined.ts';
import { Claim } from './claim.ts';
import { Draft, type Words } from './draft.ts';
import type { Noticed } from './ear.ts';
import type { Ignored } from './events.ts';
import type { Question } from './floor.ts';
import type { Person } from './link.ts';
import type { Conversation } from './room.ts';
import { think } from './think.ts';
import { said } from './utterance.ts';

export type DraftsOptions = {
  readonly room: Conversation;
  /** Everybody there besides the bot itself. */
  readonly people: () => readonly Person[];
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
    if (draft.thinking || !floor.isFree || !waste.allows || !this.#foreseen(draft, heard)) return;
    const { speakerId, name, earlier } = draft;
    const text = draft.text();
    const now = said(soFar, speakerId, name, () => text);
    const until = AbortSignal.any([room.signal, room.withdrawals.of(speakerId)]);
    draft.thinking = think([...earlier, now], room, until);
  }

  /** Whether it is going to be answered, as far as can be known in its pause. */
  #foreseen(draft: Draft, heard: Evidence): boolean {
    const { people, room } = this.#options;
    const { words, speakerId, fromMs } = draft;
    if (!words) return room.attention.presumes(draft, people());
    const { text } = words;
    if (text.trim() === '' || isImagined(text, heard)) return false;
    return room.attention.foresees({ speakerId, fromMs, text: textOf(draft, text) }, people());
  }

  async #finish(draft: Draft, ended: Ended): Promise<void> {
    const { attention, withdrawals } = this.#options.room;
    const withdrawn = withdrawals.of(draft.speakerId);
    if (!hasVoice(ended.heard)) {
      this.#ignore(draft, 'no-voice');
      return;
    }
    const question = questionOf(draft, ended);
    attention.talked(draft.speakerId, ended.whole.toMs - ended.whole.fromMs);
    this.#latest.set(draft.speakerId, question);
    this.#pending.add(question);
    await draft.text().catch(() => undefined);
    this.#pending.delete(question);
    if (withdrawn.aborted) question.claim.drop('withdrawn');
    if (!question.claim.dropped) this.#decide(draft, question, ended.heard);
    draft[Symbol.dispose]();
  }

  /** A failure to recognise is told by whoever answers, so only those who are surely meant are asked on. */
  #decide(draft: Draft, question: Question, heard: Evidence): void {
    const { floor } = this.#options.room;
    const why = draft.words
      ? this.#objection(draft, question, draft.words, heard)
      : this.#doubt(draft);
    if (!why) {
      if (draft.before) floor.drop(draft.before, 'continued');
      floor.ask(question);
      return;
    }
    question.claim.drop('unmeant');
    this.#ignore(draft, why);
  }

  #doubt(draft: Draft): Ignored | undefined {
    const { people, room } = this.#options;
    return room.attention.presumes(draft, people()) ? undefined : 'not-named';
  }

  /** Why words are not answered, if they are not. */
  #objection(
    draft: Draft,
    question: Question,
    { text, atMs }: Words,
    heard: Evidence,
  ): Ignored | undefined {
    const { people, room } = this.#options;
    const { attention, channel, parts } = room;
    const { speakerId, name, fromMs } = question.said;
    if (text.trim() === '') return 'empty';
    if (isImagined(text, heard)) return 'imagined';
    parts.onEvent(channel.guildId, { kind: 'recognised', speakerId, name, text });
    const all = textOf(draft, text);
    question.words = { text: all, atMs };
    const verdict = attention.judge({ speakerId, text: all, fromMs }, people());
    return verdict.meant ? undefined : verdict.why;
  }

  /** What was said before it, and waited for it, is asked as it stood. */
  #ignore({ speakerId, name, before }: Draft, why: Ignored): void {
    const { channel, floor, parts } = this.#options.room;
    parts.onEvent(channel.guildId, { kind: 'ignored', speakerId, name, why });
    if (before?.claim.dropped === 'continued') floor.ask(again(before));
  }
}

function questionOf(draft: Draft, { whole, endedAtMs }: Ended): Question {
  const { speakerId, name, earlier, thinking } = draft;
  const text = draft.text();
  draft.thinking = undefined;
  const question: Question = {
    kind: 'question',
    said: said(whole, speakerId, name, () => text),
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

/** With what it goes on with. */
function textOf({ before }: Draft, text: string): string {
  return [before?.words?.text ?? '', text].join(' ').trim();
}
