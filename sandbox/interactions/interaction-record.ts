import { ConditionWait } from '#sandbox/condition-wait.ts';
import type { World } from '#sandbox/world/world.ts';
import type { Attachment } from '#sandbox/world/world-attachments.ts';
import type { BoardMessage, Content, MessageBoard } from '#sandbox/world/world-messages.ts';
import { BotError } from '#src/base/errors.ts';
import { deadlineSignal } from '#src/base/waiting.ts';

/** A callback after this is an unknown interaction. Source: Discord docs, "Responding to an Interaction". */
const ackLimitMs = 3000;
/** Follow-ups and edits are possible for this long. Source: the same page. */
const tokenLifeMs = 15 * 60_000;
const answerLimitMs = 15_000;
const followUpLimit = 100;

/** A person's interaction: a command, a button, a form, a half-typed option. */
export type Interaction = Pick<
  InteractionRecord,
  'id' | 'sentAtMs' | 'reply' | 'followUps' | 'answered' | 'suggested' | 'asked'
>;

/** An interaction with both its ends: the bot answers through REST, the person watches. */
export class InteractionRecord {
  readonly opening: Opening;
  readonly id: string;
  readonly sentAtMs: number;
  /** When the bot answered or deferred. */
  ackedAtMs: number | undefined;
  /** A form the bot asked to be filled in. */
  modal: unknown;
  readonly #world: World;
  readonly #board: MessageBoard;
  readonly #followUps: BoardMessage[] = [];
  /** The message behind `@original`. */
  #original: BoardMessage | undefined;
  #choices: readonly unknown[] | undefined;
  readonly #changes = new ConditionWait();

  constructor(opening: Opening, world: World, board: MessageBoard) {
    this.opening = opening;
    this.id = opening.id;
    this.#world = world;
    this.#board = board;
    this.sentAtMs = world.clock.nowMs();
  }

  /** The first response; none while the bot is only thinking. For a button it may be the message it sits on. */
  get reply(): ShownMessage | undefined {
    return this.#original && !this.#original.loading ? shown(this.#original) : undefined;
  }

  get followUps(): readonly ShownMessage[] {
    return this.#followUps.map(shown);
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
    if (this.ackedAtMs !== undefined) return 'again';
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.sentAtMs > ackLimitMs) return 'late';
    this.ackedAtMs = nowMs;
    return 'taken';
  }

  respond(content: Content, ephemeral: boolean): BoardMessage {
    this.#original = this.#post(content, ephemeral, false);
    return this.#note(this.#original);
  }

  defer(ephemeral: boolean): BoardMessage {
    this.#original = this.#post({}, ephemeral, true);
    return this.#note(this.#original);
  }

  /** The pressed button's message becomes `@original`; with `content` it is edited at once. */
  update(content: Content | undefined): BoardMessage | undefined {
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
    this.modal = modal;
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

  /**
   * The first response, deferred or not; the bot may take its "thinking" away and answer with a follow-up.
   *
   * This and the next ones wait for up to 15 s. Errors: BotError `sandbox.failed` when it does not come. Aborting `signal`
   * throws `signal.reason`.
   */
  answered(signal: AbortSignal): Promise<ShownMessage> {
    return this.#until(() => this.reply ?? this.followUps[0], signal);
  }

  /** Suggestions for a half-typed option. */
  suggested(signal: AbortSignal): Promise<readonly unknown[]> {
    return this.#until(() => this.#choices, signal);
  }

  /** The form, which the person may now submit. */
  asked(signal: AbortSignal): Promise<unknown> {
    return this.#until(() => this.modal, signal);
  }

  async #until<T>(read: () => T | undefined, signal: AbortSignal): Promise<T> {
    const message = `The bot did not answer within ${answerLimitMs / 1000} s.`;
    const late = () => new BotError('sandbox.failed', false, message);
    using deadline = deadlineSignal(answerLimitMs, this.#world.clock, late);
    return await this.#changes.until(read, AbortSignal.any([signal, deadline.signal]));
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
    this.#changes.notify();
    return value;
  }
}

/** A message as a person saw it at one instant; ask the sandbox for a later one. */
export type ShownMessage = ReturnType<typeof shown>;
/** A file on a message, as a person sees it. */
export type ShownFile = ReturnType<typeof shownFile>;

export type InteractionKind = 'command' | 'component' | 'autocomplete' | 'modal';

export type Opening = {
  readonly id: string;
  readonly token: string;
  readonly kind: InteractionKind;
  readonly channelId: string;
  readonly callerId: string;
  /** The message whose button was pressed, now or before the form was opened. */
  readonly message?: BoardMessage;
};

export function shown(message: BoardMessage) {
  const { id, text, ephemeral, embeds, components, files } = message;
  return {
    id,
    author: message.authorName,
    text,
    /** Only the person who asked sees it. */
    ephemeral,
    atMs: message.postedAtMs,
    embeds,
    components,
    files: files.map(shownFile),
    /** Whose phones it made ring, in any of its texts: `@everyone`, `@Adam`, `@DJ`. */
    pings: message.pinged,
  };
}

export function shownFile({ name, type, sizeBytes, url }: Attachment) {
  return { name, type, sizeBytes, url };
}
