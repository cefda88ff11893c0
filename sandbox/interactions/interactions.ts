import { randomBytes } from 'node:crypto';
import { ConditionWait } from '#sandbox/condition-wait.ts';
import type { Dispatch } from '#sandbox/gateway/gateway-wire.ts';
import type { Channel, Guild, Member, World } from '#sandbox/world/world.ts';
import { type Attachment, maxFileBytes } from '#sandbox/world/world-attachments.ts';
import {
  type Json,
  toCallerJson,
  toChannelJson,
  toMessageJson,
} from '#sandbox/world/world-json.ts';
import {
  type BoardMessage,
  type MessageBoard,
  messageFlags,
  type PostedContent,
} from '#sandbox/world/world-messages.ts';
import { computePermissions } from '#sandbox/world/world-permissions.ts';
import { createDeadlineSignal } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';
import type { MessageId, PersonId } from '#src/base/ids.ts';

/** An act of a person: a command called, a button pressed, a form filled in, an option half typed. */
export type InteractionInput = {
  readonly kind: InteractionKind;
  readonly guild: Guild;
  readonly caller: Member;
  readonly channel: Channel;
  readonly data: Json;
  /** The message with the pressed button, also of a button that opened the form. */
  readonly message?: BoardMessage;
};
type InteractionOpening = InteractionInput & {
  readonly id: string;
  readonly token: string;
};

/** Numbers of the kinds of interactions. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-interaction-type */
export const interactionTypes = {
  command: 2,
  component: 3,
  autocomplete: 4,
  modal: 5,
} as const;

/**
 * Every interaction so far. Callbacks and webhooks name one by its token, and a person who fills in a form by its id.
 */
export class Interactions {
  readonly #world: World;
  readonly #board: MessageBoard;
  readonly #dispatch: (event: Dispatch) => void;
  /** By token. */
  readonly #records = new Map<string, InteractionRecord>();

  constructor(world: World, board: MessageBoard, dispatch: (event: Dispatch) => void) {
    this.#world = world;
    this.#board = board;
    this.#dispatch = dispatch;
  }

  /** Sends the bot the interaction of a person. */
  startInteraction(input: InteractionInput): InteractionRecord {
    const id = this.#world.ids.mintId();
    const token = randomBytes(24).toString('base64url');
    const opening = { ...input, id, token };
    const record = new InteractionRecord(opening, this.#world, this.#board);
    this.#records.set(token, record);
    const data = toInteractionJson(this.#world, opening);
    this.#dispatch({ name: 'INTERACTION_CREATE', guildId: input.guild.id, data });
    return record;
  }

  /** Finds the interaction that a webhook names, over or not. */
  findByToken(token: string): InteractionRecord | undefined {
    return this.#records.get(token);
  }

  /** Finds the interaction with this id, over or not. */
  findById(id: string): InteractionRecord | undefined {
    return [...this.#records.values()].find((record) => record.id === id);
  }
}

/** Builds the data of INTERACTION_CREATE. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object */
function toInteractionJson(world: World, opening: InteractionOpening): Json {
  const { guild, caller, channel, message } = opening;
  const { bot } = world;
  const computeBits = (userId: PersonId) =>
    computePermissions(world, guild, userId, channel).toString();
  return {
    id: opening.id,
    application_id: bot.id,
    type: interactionTypes[opening.kind],
    token: opening.token,
    version: 1,
    guild_id: guild.id,
    guild: { id: guild.id, locale: guild.locale, features: [] },
    channel_id: channel.id,
    channel: {
      ...toChannelJson(guild, channel),
      permissions: computeBits(caller.user.id),
    },
    member: toCallerJson(world, guild, caller, channel),
    locale: caller.locale,
    guild_locale: guild.locale,
    app_permissions: computeBits(bot.id),
    entitlements: [],
    authorizing_integration_owners: { '0': guild.id },
    context: 0,
    attachment_size_limit: maxFileBytes,
    data: opening.data,
    message: message && toMessageJson(world, message),
  };
}

/** A callback after this is an unknown interaction. Source: https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction */
const maxAckMs = 3000;
/** Follow-ups and edits are possible for this long. Source: the same page. */
const maxTokenAgeMs = 15 * 60_000;
const maxAnswerMs = 15_000;
const maxFollowUps = 100;

/** A person's interaction: a command, a button, a form, a half-typed option. */
export type Interaction = Pick<
  InteractionRecord,
  | 'id'
  | 'sentAtMs'
  | 'reply'
  | 'followUps'
  | 'waitForAnswer'
  | 'waitForSuggestions'
  | 'waitForForm'
>;

/** An interaction with both its ends: the bot answers through REST, the person watches. */
export class InteractionRecord {
  readonly opening: InteractionOpening;
  readonly id: string;
  readonly sentAtMs: number;
  /** Instant at which the bot answered or deferred. */
  ackedAtMs: number | undefined;
  /** A form the bot asked to be filled in. */
  modal: unknown;
  readonly #world: World;
  readonly #board: MessageBoard;
  readonly #followUps: BoardMessage[] = [];
  /** The message behind `@original`. */
  #original: BoardMessage | undefined;
  #choices: readonly unknown[] | undefined;
  readonly #conditionWait = new ConditionWait();

  constructor(opening: InteractionOpening, world: World, board: MessageBoard) {
    this.opening = opening;
    this.id = opening.id;
    this.#world = world;
    this.#board = board;
    this.sentAtMs = world.clock.nowMs();
  }

  /**
   * The first response. Undefined before it, while the bot is only thinking, and once it is deleted. The response to
   * a button may be the message with the button.
   */
  get reply(): ShownMessage | undefined {
    return this.#original && !this.#original.loading
      ? toShownMessage(this.#original)
      : undefined;
  }

  /** Messages that the bot wrote after its first response, oldest first, deleted ones too. */
  get followUps(): readonly ShownMessage[] {
    return this.#followUps.map(toShownMessage);
  }

  /** Returns whether the token is over 15 minutes old, so that follow-ups and edits are refused. */
  get isExpired(): boolean {
    return this.#world.clock.nowMs() - this.sentAtMs >= maxTokenAgeMs;
  }

  /** Returns whether the message that the interaction came from is deleted. */
  get isOrphan(): boolean {
    const { message } = this.opening;
    return message !== undefined && this.#board.find(message.id) === undefined;
  }

  /** Notes the one callback that an interaction may have. Wakes nobody: `setReply` and the like do. */
  acknowledge(): 'taken' | 'again' | 'late' {
    if (this.ackedAtMs !== undefined) return 'again';
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.sentAtMs > maxAckMs) return 'late';
    this.ackedAtMs = nowMs;
    return 'taken';
  }

  /** Posts the first response. */
  setReply(content: PostedContent, ephemeral: boolean): BoardMessage {
    this.#original = this.#postMessage(content, ephemeral, false);
    return this.#notifyWaiters(this.#original);
  }

  /** Posts a first response that only says that the bot is thinking. */
  deferReply(ephemeral: boolean): BoardMessage {
    this.#original = this.#postMessage({}, ephemeral, true);
    return this.#notifyWaiters(this.#original);
  }

  /**
   * Makes the pressed button's message `@original`, and edits it with `content`. Returns undefined if no message was
   * pressed.
   */
  updateSource(content: PostedContent | undefined): BoardMessage | undefined {
    this.#original = this.opening.message;
    if (this.#original && content) this.#board.edit(this.#original, content);
    this.#notifyWaiters(undefined);
    return this.#original;
  }

  /** Takes the suggestions for a half-typed option. */
  setChoices(choices: readonly unknown[]): void {
    this.#choices = choices;
    this.#notifyWaiters(undefined);
  }

  /** Takes the form that the person may fill in. */
  setModal(modal: unknown): void {
    this.modal = modal;
    this.#notifyWaiters(undefined);
  }

  /**
   * Posts a follow-up. The first after a deferral fills the deferred reply, as on Discord. Returns undefined, and
   * posts nothing, after 100 follow-ups.
   */
  postFollowUp(content: PostedContent, ephemeral: boolean): BoardMessage | undefined {
    if (this.#original?.loading) return this.edit(this.#original, content);
    if (this.#followUps.length >= maxFollowUps) return undefined;
    const message = this.#postMessage(content, ephemeral, false);
    this.#followUps.push(message);
    return this.#notifyWaiters(message);
  }

  /** Edits a message of this interaction, and wakes those who wait for it. */
  edit(message: BoardMessage, content: PostedContent): BoardMessage {
    return this.#notifyWaiters(this.#board.edit(message, content));
  }

  /** Deletes a message of this interaction. */
  remove(message: BoardMessage): void {
    this.#board.remove(message);
    if (message === this.#original) this.#original = undefined;
    this.#notifyWaiters(undefined);
  }

  /** Finds `@original`, or a message that this interaction brought about. */
  find(id: MessageId): BoardMessage | undefined {
    if (id === '@original' || id === this.#original?.id) {
      return this.#original && this.#board.find(this.#original.id);
    }
    return this.#followUps.find(
      (each) => each.id === id && each.deletedAtMs === undefined,
    );
  }

  /**
   * Waits up to 15 s for the first response, which may be a follow-up where the bot took its "thinking" away.
   * Errors: BotError `sandbox.failed` if none comes. Aborting `signal` throws `signal.reason`.
   */
  waitForAnswer(signal: AbortSignal): Promise<ShownMessage> {
    return this.#waitFor(() => this.reply ?? this.followUps[0], signal);
  }

  /** Waits for suggestions for a half-typed option. Deadline, errors and abort: as `waitForAnswer`. */
  waitForSuggestions(signal: AbortSignal): Promise<readonly unknown[]> {
    return this.#waitFor(() => this.#choices, signal);
  }

  /** Waits for the form, which the person may then submit. Deadline, errors and abort: as `waitForAnswer`. */
  waitForForm(signal: AbortSignal): Promise<unknown> {
    return this.#waitFor(() => this.modal, signal);
  }

  async #waitFor<T>(read: () => T | undefined, signal: AbortSignal) {
    const message = `The bot did not answer within ${maxAnswerMs / 1000} s.`;
    const makeError = () => new BotError('sandbox.failed', false, message);
    using deadline = createDeadlineSignal(maxAnswerMs, this.#world.clock, makeError);
    return await this.#conditionWait.waitUntil(
      read,
      AbortSignal.any([signal, deadline.signal]),
    );
  }

  #postMessage(content: PostedContent, ephemeral: boolean, loading: boolean) {
    const { channel, caller } = this.opening;
    const authorId = this.#world.bot.id;
    const forUserId = caller.user.id;
    const fields = {
      channelId: channel.id,
      authorId,
      forUserId,
      interactionId: this.id,
    };
    return this.#board.post({ ...fields, ephemeral, loading }, content);
  }

  #notifyWaiters<T>(value: T) {
    this.#conditionWait.notify();
    return value;
  }
}

/** A message as a person saw it at one instant. It does not change: ask the sandbox for the present state. */
export interface ShownMessage {
  readonly id: MessageId;
  /** Name of the author. */
  readonly author: string;
  readonly text: string;
  /** True if only the caller sees the message. */
  readonly ephemeral: boolean;
  readonly atMs: number;
  readonly embeds: readonly unknown[];
  readonly components: readonly unknown[];
  readonly files: readonly ShownFile[];
  /** Mentions that notified people, in any of its texts: `@everyone`, `@Adam`, `@DJ`. */
  readonly pings: readonly string[];
  /** Links in its text are fetched and previewed. */
  readonly hasPreviews: boolean;
}

/** A file as its reader sees it. */
export type ShownFile = Pick<Attachment, 'name' | 'type' | 'sizeBytes' | 'url'>;

export type InteractionKind = 'command' | 'component' | 'autocomplete' | 'modal';

/** Copies the fields that a person sees now. */
export function toShownMessage(message: BoardMessage): ShownMessage {
  return {
    id: message.id,
    author: message.authorName,
    text: message.text,
    ephemeral: message.ephemeral,
    atMs: message.postedAtMs,
    embeds: message.embeds,
    components: message.components,
    files: message.files.map(toShownFile),
    pings: message.pinged,
    hasPreviews: (message.flags & messageFlags.suppressEmbeds) === 0,
  };
}

/** Copies the fields of a file that a person sees. */
export function toShownFile({ name, type, sizeBytes, url }: Attachment): ShownFile {
  return { name, type, sizeBytes, url };
}
