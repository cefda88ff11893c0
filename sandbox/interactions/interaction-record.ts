import type { World } from '#sandbox/world/world.ts';
import type { BoardMessage, Content, MessageBoard } from '#sandbox/world/world-messages.ts';
import { BotError } from '#src/base/errors.ts';
import { type Interaction, type Opening, type ShownMessage, shown } from './interaction.ts';

/** A callback after this is an unknown interaction. Source: Discord docs, "Responding to an Interaction". */
const ackLimitMs = 3000;
/** Follow-ups and edits are possible for this long. Source: the same page. */
const tokenLifeMs = 15 * 60_000;
const answerLimitMs = 15_000;
const followUpLimit = 100;

/** An interaction with both its ends: the bot answers through REST, the person watches. */
export class InteractionRecord implements Interaction {
  readonly opening: Opening;
  readonly sentAtMs: number;
  readonly #world: World;
  readonly #board: MessageBoard;
  #ackedAtMs: number | undefined;
  #deferred = false;
  #original: BoardMessage | undefined;
  #followUps: BoardMessage[] = [];
  #choices: readonly unknown[] | undefined;
  #modal: unknown;
  #changed = Promise.withResolvers<void>();

  constructor(opening: Opening, world: World, board: MessageBoard) {
    this.opening = opening;
    this.#world = world;
    this.#board = board;
    this.sentAtMs = world.clock.nowMs();
  }

  get id(): string {
    return this.opening.id;
  }

  get ackedAtMs(): number | undefined {
    return this.#ackedAtMs;
  }

  get deferred(): boolean {
    return this.#deferred;
  }

  get reply(): ShownMessage | undefined {
    return this.#original && !this.#original.loading ? shown(this.#original) : undefined;
  }

  get followUps(): readonly ShownMessage[] {
    return this.#followUps.map(shown);
  }

  get choices(): readonly unknown[] | undefined {
    return this.#choices;
  }

  get modal(): unknown {
    return this.#modal;
  }

  /** The message behind `@original`. */
  get original(): BoardMessage | undefined {
    return this.#original;
  }

  /** Whether the bot may write no follow-ups any more. */
  get isExpired(): boolean {
    return this.#world.clock.nowMs() - this.sentAtMs >= tokenLifeMs;
  }

  /** Whether the message it came from is no more. */
  get isOrphan(): boolean {
    const { message } = this.opening;
    return message !== undefined && this.#board.find(message.id) === undefined;
  }

  /** Takes note of the one callback an interaction may have; the performer of it tells who waits. */
  acknowledge(): 'taken' | 'late' | 'again' {
    if (this.#ackedAtMs !== undefined) return 'again';
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.sentAtMs > ackLimitMs) return 'late';
    this.#ackedAtMs = nowMs;
    return 'taken';
  }

  respond(content: Content, ephemeral: boolean): BoardMessage {
    this.#original = this.#post(content, ephemeral, false);
    return this.#note(this.#original);
  }

  defer(ephemeral: boolean): BoardMessage {
    this.#deferred = true;
    this.#original = this.#post({}, ephemeral, true);
    return this.#note(this.#original);
  }

  /** The pressed button's message becomes `@original`; with `content` it is edited at once. */
  update(content: Content | undefined): BoardMessage | undefined {
    this.#deferred = content === undefined;
    this.#original = this.opening.message;
    if (this.#original && content) this.#board.edit(this.#original, content);
    this.#note(undefined);
    return this.#original;
  }

  suggest(choices: readonly unknown[]): void {
    this.#choices = choices;
    this.#note(undefined);
  }

  ask(modal: unknown): void {
    this.#modal = modal;
    this.#note(undefined);
  }

  /** The first follow-up after a deferral fills the deferred reply, as on Discord. */
  followUp(content: Content, ephemeral: boolean): BoardMessage | undefined {
    if (this.#original?.loading) return this.edit(this.#original, content);
    if (this.#followUps.length >= followUpLimit) return undefined;
    const message = this.#post(content, ephemeral, false);
    this.#followUps.push(message);
    return this.#note(message);
  }

  edit(message: BoardMessage, content: Content): BoardMessage {
    return this.#note(this.#board.edit(message, content));
  }

  remove(message: BoardMessage): void {
    this.#board.remove(message);
    if (message === this.#original) this.#original = undefined;
    this.#note(undefined);
  }

  /** `@original`, or a message this interaction brought about. */
  find(id: string): BoardMessage | undefined {
    if (id === '@original' || id === this.#original?.id) {
      return this.#original && this.#board.find(this.#original.id);
    }
    return this.#followUps.find((each) => each.id === id && each.deletedAtMs === undefined);
  }

  /** The bot may take its "thinking" away and answer with a follow-up. */
  answered(signal: AbortSignal): Promise<ShownMessage> {
    return this.#until(() => this.reply ?? this.followUps[0], signal);
  }

  acknowledged(signal: AbortSignal): Promise<number> {
    return this.#until(() => this.ackedAtMs, signal);
  }

  followed(signal: AbortSignal): Promise<ShownMessage> {
    return this.#until(() => this.followUps[0], signal);
  }

  suggested(signal: AbortSignal): Promise<readonly unknown[]> {
    return this.#until(() => this.choices, signal);
  }

  asked(signal: AbortSignal): Promise<unknown> {
    return this.#until(() => this.modal, signal);
  }

  async #until<T>(read: () => T | undefined, signal: AbortSignal): Promise<T> {
    const { clock } = this.#world;
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const late = clock.sleep(answerLimitMs, either).then(() => {
      const message = `The bot did not answer within ${answerLimitMs / 1000} s.`;
      throw new BotError('sandbox.failed', false, message);
    });
    try {
      for (;;) {
        signal.throwIfAborted();
        const value = read();
        if (value !== undefined) return value;
        await Promise.race([this.#changed.promise, late]);
      }
    } finally {
      late.catch(() => undefined);
      done.abort();
    }
  }

  #post(content: Content, ephemeral: boolean, loading: boolean): BoardMessage {
    const { channelId, callerId } = this.opening;
    const authorId = this.#world.bot.id;
    return this.#board.post(
      { channelId, authorId, ephemeral, loading, forUserId: callerId },
      content,
    );
  }

  #note<T>(value: T): T {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    return value;
  }
}
