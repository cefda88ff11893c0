import { BotError } from '#src/base/errors.ts';
import type { World } from './world.ts';
import type { Content, Message, MessageBoard } from './world-messages.ts';

/** A message as a person sees it now. */
export type Shown = {
  readonly id: string;
  readonly text: string;
  /** Only the person who asked sees it. */
  readonly ephemeral: boolean;
  readonly atMs: number;
  /** What it said after each edit, oldest first; filling a deferred reply is one. */
  readonly edits: readonly { readonly text: string; readonly atMs: number }[];
  readonly deletedAtMs?: number;
  readonly embeds: readonly unknown[];
  readonly components: readonly unknown[];
  readonly fileNames: readonly string[];
};

/** What a person did (a command, a button, a half-typed option) and what came back. */
export interface Interaction {
  readonly id: string;
  readonly sentAtMs: number;
  /** When the bot answered or deferred. */
  readonly ackedAtMs: number | undefined;
  /** The bot asked for time first. */
  readonly deferred: boolean;
  /** The first response; none while the bot is only thinking. */
  readonly reply: Shown | undefined;
  readonly followUps: readonly Shown[];
  /** Suggestions for a half-typed option. */
  readonly choices: readonly unknown[] | undefined;
  /** A form the bot asked to be filled in. */
  readonly modal: unknown;
  /**
   * Waits for the first response, deferred or not, for up to 15 s.
   *
   * Errors: BotError `sandbox.failed` when it does not come. Aborting `signal` throws `signal.reason`.
   */
  answered(signal: AbortSignal): Promise<Shown>;
}

export type InteractionKind = 'command' | 'component' | 'autocomplete';

export type Opening = {
  readonly id: string;
  readonly token: string;
  readonly kind: InteractionKind;
  readonly channelId: string;
  readonly callerId: string;
  /** The message whose button was pressed. */
  readonly message?: Message;
};

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
  #original: Message | undefined;
  #followUps: Message[] = [];
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

  get reply(): Shown | undefined {
    return this.#original && !this.#original.loading ? shown(this.#original) : undefined;
  }

  get followUps(): readonly Shown[] {
    return this.#followUps.map(shown);
  }

  get choices(): readonly unknown[] | undefined {
    return this.#choices;
  }

  get modal(): unknown {
    return this.#modal;
  }

  /** The message behind `@original`. */
  get original(): Message | undefined {
    return this.#original;
  }

  /** Whether the bot may still write follow-ups. */
  get open(): boolean {
    const ageMs = this.#world.clock.nowMs() - this.sentAtMs;
    return this.#ackedAtMs !== undefined && ageMs < tokenLifeMs;
  }

  /** Takes note of the one callback an interaction may have. */
  acknowledge(): 'taken' | 'late' | 'again' {
    if (this.#ackedAtMs !== undefined) return 'again';
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.sentAtMs > ackLimitMs) return 'late';
    this.#ackedAtMs = nowMs;
    return 'taken';
  }

  respond(content: Content, ephemeral: boolean): Message {
    this.#original = this.#post(content, ephemeral, false);
    return this.#note(this.#original);
  }

  defer(ephemeral: boolean): Message {
    this.#deferred = true;
    this.#original = this.#post({}, ephemeral, true);
    return this.#note(this.#original);
  }

  /** The pressed button's message becomes `@original`; with `content` it is edited at once. */
  update(content: Content | undefined): Message | undefined {
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
  followUp(content: Content, ephemeral: boolean): Message | undefined {
    if (this.#original?.loading) return this.edit(this.#original, content);
    if (this.#followUps.length >= followUpLimit) return undefined;
    const message = this.#post(content, ephemeral, false);
    this.#followUps.push(message);
    return this.#note(message);
  }

  edit(message: Message, content: Content): Message {
    return this.#note(this.#board.edit(message, content));
  }

  remove(message: Message): void {
    this.#board.remove(message);
    if (message === this.#original) this.#original = undefined;
    this.#note(undefined);
  }

  /** `@original`, or a message this interaction brought about. */
  find(id: string): Message | undefined {
    if (id === '@original' || id === this.#original?.id) return this.#original;
    return this.#followUps.find((each) => each.id === id && each.deletedAtMs === undefined);
  }

  async answered(signal: AbortSignal): Promise<Shown> {
    const { clock } = this.#world;
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    const late = clock.sleep(answerLimitMs, either).then(() => {
      throw new BotError(
        'sandbox.failed',
        false,
        `The bot did not answer within ${answerLimitMs / 1000} s.`,
      );
    });
    try {
      for (;;) {
        signal.throwIfAborted();
        if (this.reply) return this.reply;
        await Promise.race([this.#changed.promise, late]);
      }
    } finally {
      late.catch(() => undefined);
      done.abort();
    }
  }

  #post(content: Content, ephemeral: boolean, loading: boolean): Message {
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

export function shown(message: Message): Shown {
  const { id, text, ephemeral, postedAtMs, edits, embeds, components, fileNames } = message;
  const deleted = message.deletedAtMs === undefined ? {} : { deletedAtMs: message.deletedAtMs };
  return {
    id,
    text,
    ephemeral,
    atMs: postedAtMs,
    edits,
    embeds,
    components,
    fileNames,
    ...deleted,
  };
}
