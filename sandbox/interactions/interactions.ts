import { randomBytes } from 'node:crypto';
import { createConditionWait } from '#sandbox/condition-wait.ts';
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

/** Source: https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object-interaction-type */
export const interactionTypes = {
  command: 2,
  component: 3,
  autocomplete: 4,
  modal: 5,
} as const;

export type Interactions = ReturnType<typeof createInteractions>;

/** Every interaction, found by id by callbacks and by token by webhooks. */
export function createInteractions(
  world: World,
  board: MessageBoard,
  dispatch: (event: Dispatch) => void,
) {
  const records = new Map<string, InteractionRecord>();

  function describeInteraction({
    id,
    token,
    kind,
    guild,
    caller,
    channel,
    data,
    message,
  }: InteractionOpening) {
    const { bot } = world;
    const permissions = computePermissions(
      world,
      guild,
      caller.user.id,
      channel,
    ).toString();
    return {
      id,
      application_id: bot.id,
      type: interactionTypes[kind],
      token,
      version: 1,
      guild_id: guild.id,
      guild: { id: guild.id, locale: guild.locale, features: [] },
      channel_id: channel.id,
      channel: { ...toChannelJson(guild, channel), permissions },
      member: toCallerJson(world, guild, caller, channel),
      locale: caller.locale,
      guild_locale: guild.locale,
      app_permissions: computePermissions(world, guild, bot.id, channel).toString(),
      entitlements: [],
      authorizing_integration_owners: { '0': guild.id },
      context: 0,
      attachment_size_limit: maxFileBytes,
      data,
      message: message && toMessageJson(world, message),
    };
  }

  return {
    /** Sends the bot the interaction of a person. */
    startInteraction(act: InteractionInput) {
      const id = world.ids.mintId();
      const token = randomBytes(24).toString('base64url');
      const opening = { ...act, id, token };
      const record = new InteractionRecord(opening, world, board);
      records.set(token, record);
      const data = describeInteraction(opening);
      dispatch({ name: 'INTERACTION_CREATE', guildId: act.guild.id, data });
      return record;
    },

    findByToken(token: string) {
      return records.get(token);
    },

    findById(id: string) {
      return [...records.values()].find((record) => record.id === id);
    },
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
  'id' | 'sentAtMs' | 'reply' | 'followUps' | 'answered' | 'suggested' | 'asked'
>;

/** An interaction with both its ends: the bot answers through REST, the person watches. */
export class InteractionRecord {
  readonly opening: InteractionOpening;
  readonly id: string;
  readonly sentAtMs: number;
  /** When the bot answered or deferred. */
  ackedAtMs: number | undefined;
  /** A form the bot asked to be filled in. */
  modal: unknown;
  readonly #world;
  readonly #board;
  readonly #followUps: BoardMessage[] = [];
  /** The message behind `@original`. */
  #original: BoardMessage | undefined;
  #choices: readonly unknown[] | undefined;
  readonly #changes = createConditionWait();

  constructor(opening: InteractionOpening, world: World, board: MessageBoard) {
    this.opening = opening;
    this.id = opening.id;
    this.#world = world;
    this.#board = board;
    this.sentAtMs = world.clock.nowMs();
  }

  /**
   * Finds the first response. None while the bot is only thinking. For a button it may
   * be the message it sits on.
   */
  get reply() {
    return this.#original && !this.#original.loading
      ? toShownMessage(this.#original)
      : undefined;
  }

  get followUps() {
    return this.#followUps.map(toShownMessage);
  }

  /** Returns whether the bot may write no follow-ups any more. */
  get isExpired() {
    return this.#world.clock.nowMs() - this.sentAtMs >= maxTokenAgeMs;
  }

  /** Returns whether the message that the interaction came from is deleted. */
  get isOrphan() {
    const { message } = this.opening;
    return message !== undefined && this.#board.find(message.id) === undefined;
  }

  /** Notes the one callback that an interaction may have. Its performer tells the waiting caller. */
  acknowledge() {
    if (this.ackedAtMs !== undefined) return 'again';
    const nowMs = this.#world.clock.nowMs();
    if (nowMs - this.sentAtMs > maxAckMs) return 'late';
    this.ackedAtMs = nowMs;
    return 'taken';
  }

  setReply(content: PostedContent, ephemeral: boolean) {
    this.#original = this.#post(content, ephemeral, false);
    return this.#note(this.#original);
  }

  deferReply(ephemeral: boolean) {
    this.#original = this.#post({}, ephemeral, true);
    return this.#note(this.#original);
  }

  /**
   * Makes the pressed button's message `@original`. With `content` it is edited at
   * once.
   */
  updateSource(content: PostedContent | undefined) {
    this.#original = this.opening.message;
    if (this.#original && content) this.#board.edit(this.#original, content);
    this.#note(undefined);
    return this.#original;
  }

  setChoices(choices: readonly unknown[]) {
    this.#choices = choices;
    this.#note(undefined);
  }

  setModal(modal: unknown) {
    this.modal = modal;
    this.#note(undefined);
  }

  /**
   * Posts a follow-up. The first after a deferral fills the deferred reply, as on
   * Discord.
   */
  postFollowUp(content: PostedContent, ephemeral: boolean) {
    if (this.#original?.loading) return this.edit(this.#original, content);
    if (this.#followUps.length >= maxFollowUps) return undefined;
    const message = this.#post(content, ephemeral, false);
    this.#followUps.push(message);
    return this.#note(message);
  }

  edit(message: BoardMessage, content: PostedContent) {
    return this.#note(this.#board.edit(message, content));
  }

  remove(message: BoardMessage) {
    this.#board.remove(message);
    if (message === this.#original) this.#original = undefined;
    this.#note(undefined);
  }

  /** Finds `@original`, or a message that this interaction brought about. */
  find(id: string) {
    if (id === '@original' || id === this.#original?.id) {
      return this.#original && this.#board.find(this.#original.id);
    }
    return this.#followUps.find(
      (each) => each.id === id && each.deletedAtMs === undefined,
    );
  }

  /**
   * Waits for the first response, which may be a follow-up where the bot took its
   * "thinking" away. This and the next ones wait for up to 15 s. Errors: BotError
   * `sandbox.failed` when it does not come. Aborting `signal` throws `signal.reason`.
   */
  answered(signal: AbortSignal) {
    return this.#until(() => this.reply ?? this.followUps[0], signal);
  }

  /** Waits for suggestions for a half-typed option. */
  suggested(signal: AbortSignal) {
    return this.#until(() => this.#choices, signal);
  }

  /** Waits for the form, which the person may now submit. */
  asked(signal: AbortSignal) {
    return this.#until(() => this.modal, signal);
  }

  async #until<T>(read: () => T | undefined, signal: AbortSignal) {
    const message = `The bot did not answer within ${maxAnswerMs / 1000} s.`;
    const late = () => new BotError('sandbox.failed', false, message);
    using deadline = createDeadlineSignal(maxAnswerMs, this.#world.clock, late);
    return await this.#changes.waitUntil(
      read,
      AbortSignal.any([signal, deadline.signal]),
    );
  }

  #post(content: PostedContent, ephemeral: boolean, loading: boolean) {
    const { channel, caller } = this.opening;
    const authorId = this.#world.bot.id;
    const place = { channelId: channel.id, authorId, forUserId: caller.user.id };
    return this.#board.post({ ...place, ephemeral, loading }, content);
  }

  #note<T>(value: T) {
    this.#changes.notify();
    return value;
  }
}

/** A message as a person saw it at one instant. It does not change: ask the sandbox for the present state. */
export type ShownMessage = ReturnType<typeof toShownMessage>;

export type InteractionKind = 'command' | 'component' | 'autocomplete' | 'modal';

export function toShownMessage(message: BoardMessage) {
  return {
    id: message.id,
    author: message.authorName,
    text: message.text,
    /** True if only the caller sees the message. */
    ephemeral: message.ephemeral,
    atMs: message.postedAtMs,
    embeds: message.embeds,
    components: message.components,
    files: message.files.map(toShownFile),
    /** Mentions that notified people, in any of its texts: `@everyone`, `@Adam`, `@DJ`. */
    pings: message.pinged,
    /** Links in its text are fetched and previewed. */
    hasPreviews: (message.flags & messageFlags.suppressEmbeds) === 0,
  };
}

export function toShownFile({ name, type, sizeBytes, url }: Attachment) {
  return { name, type, sizeBytes, url };
}
