import {
  type ChannelId,
  type MessageId,
  type PersonId,
  type RoleId,
  toMessageId,
  toPersonId,
  toRoleId,
} from '#src/base/ids.ts';
import { findPlace, type Guild, type World } from './world.ts';
import { type Attachment, Attachments, type Upload } from './world-attachments.ts';
import { isAllowed } from './world-permissions.ts';

/** Fields of a message that its author may set. */
export type PostedContent = {
  readonly content?: string | null;
  readonly embeds?: readonly unknown[] | null;
  readonly components?: readonly unknown[] | null;
  readonly flags?: number | null;
  readonly uploads?: readonly Upload[];
  /** Files that stay after an edit. Default: all. */
  readonly keptFileIds?: readonly string[];
  readonly allowedMentions?: AllowedMentions | null;
};

type MessagePosting = {
  readonly channelId: ChannelId;
  readonly authorId: PersonId;
  readonly ephemeral: boolean;
  /** "Thinking...": a deferred reply that is not filled yet. */
  loading: boolean;
  /** Caller of the interaction that the message answers. */
  readonly forUserId?: PersonId;
  /** The interaction that the message answers. */
  readonly interactionId?: string;
  readonly replyToId?: MessageId;
  /** Further fields, as Discord sends them: a poll, a forwarded message. */
  readonly form?: Readonly<Record<string, unknown>>;
};

/** A message as this Discord keeps it, changed in place. */
export type BoardMessage = MessagePosting & {
  readonly id: MessageId;
  readonly authorName: string;
  readonly postedAtMs: number;
  readonly postedAt: string;
  text: string;
  flags: number;
  embeds: readonly unknown[];
  components: readonly unknown[];
  files: readonly Attachment[];
  editedAt: string | null;
  /** Mentions in every text it ever had, though Discord pings only for the first: a text that could ping is wrong already. */
  pings: MessageMentions;
  pinged: readonly string[];
  deletedAtMs?: number;
};

/** A message that was just posted, edited or deleted. */
export type MessageChange = {
  readonly kind: 'posted' | 'edited' | 'deleted';
  readonly message: BoardMessage;
  /** Ids of all that were deleted at once. The bot is told of them with the last one. */
  readonly together?: readonly MessageId[];
};

/** Bits of a message's `flags`. Source: https://discord.com/developers/docs/resources/message#message-object-message-flags */
export const messageFlags: Readonly<
  Record<
    'suppressEmbeds' | 'ephemeral' | 'loading' | 'voiceMessage' | 'componentsV2',
    number
  >
> = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  voiceMessage: 1 << 13,
  componentsV2: 1 << 15,
};

/** A nonce is looked for among those of so long. Source: https://discord.com/developers/docs/resources/message#create-message the past few minutes. */
const maxNonceAgeMs = 180_000;

/** Everything written, public and private. Tells `onChange` of each change. */
export class MessageBoard {
  readonly attachments: Attachments;
  readonly #world: World;
  readonly #onChange: (change: MessageChange) => void;
  readonly #messages = new Map<MessageId, BoardMessage>();
  readonly #nonces = new Map<
    string,
    { readonly id: MessageId; readonly atMs: number }
  >();

  constructor(world: World, onChange: (change: MessageChange) => void) {
    this.#world = world;
    this.#onChange = onChange;
    this.attachments = new Attachments(world);
  }

  /** Posts a message with an id of its own. */
  post(posting: MessagePosting, content: PostedContent): BoardMessage {
    const { clock, ids, people, bot } = this.#world;
    const author =
      [...people.values()].find(({ id }) => id === posting.authorId) ?? bot;
    const message: BoardMessage = {
      ...posting,
      id: toMessageId(ids.mintId()),
      authorName: author.name,
      postedAtMs: clock.nowMs(),
      postedAt: new Date(clock.wallMs()).toISOString(),
      text: content.content ?? '',
      flags: content.flags ?? 0,
      embeds: content.embeds ?? [],
      components: content.components ?? [],
      files: this.#keepFiles(posting.channelId, content),
      editedAt: null,
      pings: noMentions,
      pinged: [],
    };
    this.#notePings(message, content);
    this.#messages.set(message.id, message);
    this.#onChange({ kind: 'posted', message });
    return message;
  }

  /** Edits a message in place. Fields left out stay as they are. Filling a deferred reply counts as an edit. */
  edit(message: BoardMessage, content: PostedContent): BoardMessage {
    const { clock } = this.#world;
    const { keptFileIds } = content;
    const keptFiles = message.files.filter(
      ({ id }) => keptFileIds?.includes(id) ?? true,
    );
    if (content.content !== undefined) message.text = content.content ?? '';
    if (content.embeds) message.embeds = content.embeds;
    if (content.components) message.components = content.components;
    // Discord lets an edit change no other flag.
    const { suppressEmbeds } = messageFlags;
    const flags = content.flags ?? message.flags;
    message.flags = (message.flags & ~suppressEmbeds) | (flags & suppressEmbeds);
    message.files = [...keptFiles, ...this.#keepFiles(message.channelId, content)];
    this.#notePings(message, content);
    message.editedAt = new Date(clock.wallMs()).toISOString();
    message.loading = false;
    this.#onChange({ kind: 'edited', message });
    return message;
  }

  /** Removes a message. `together`: ids of all that are removed at once. */
  remove(message: BoardMessage, together?: readonly MessageId[]): void {
    message.deletedAtMs = this.#world.clock.nowMs();
    this.#messages.delete(message.id);
    this.#onChange({ kind: 'deleted', message, together });
  }

  /**
   * Removes several messages of one channel, reported at once where there are more than
   * one.
   */
  removeAll(ids: readonly MessageId[]): void {
    const messages = ids
      .map((id) => this.find(id))
      .filter((message) => message !== undefined);
    for (const message of messages)
      this.remove(message, messages.length > 1 ? ids : undefined);
  }

  /**
   * Finds the message that was posted with that nonce of late, or makes it by `post`.
   */
  postOnce(nonce: string, post: () => BoardMessage): BoardMessage {
    const nowMs = this.#world.clock.nowMs();
    for (const [earlierNonce, { atMs }] of this.#nonces) {
      if (nowMs - atMs > maxNonceAgeMs) this.#nonces.delete(earlierNonce);
    }
    const postedId = this.#nonces.get(nonce)?.id;
    const postedMessage = postedId && this.find(postedId);
    if (postedMessage) return postedMessage;
    const message = post();
    this.#nonces.set(nonce, { id: message.id, atMs: nowMs });
    return message;
  }

  /** Finds a message, private or not. Undefined once it is deleted. */
  find(id: MessageId): BoardMessage | undefined {
    return this.#messages.get(id);
  }

  /** Lists messages that everybody in the channel sees, oldest first. */
  listInChannel(channelId: ChannelId): readonly BoardMessage[] {
    return [...this.#messages.values()].filter(
      (message) => message.channelId === channelId && !message.ephemeral,
    );
  }

  #keepFiles(channelId: ChannelId, { uploads = [] }: PostedContent) {
    return uploads.map((upload) => this.attachments.keepFile(channelId, upload));
  }

  #notePings(message: BoardMessage, { allowedMentions }: PostedContent) {
    const guild = findPlace(this.#world, message.channelId)?.guild;
    if (!guild) return;
    const mentions = findMentions(
      this.#world,
      guild,
      message.authorId,
      message.text,
      allowedMentions,
    );
    const { replyToId } = message;
    const repliedId = replyToId ? this.find(replyToId)?.authorId : undefined;
    // Source: https://discord.com/developers/docs/resources/message#allowed-mentions-object a reply pings unless `allowed_mentions` says otherwise.
    const pingsReplied = !allowedMentions || allowedMentions.replied_user === true;
    const userIds = repliedId !== undefined && pingsReplied ? [repliedId] : [];
    message.pings = joinMentions(
      message.pings,
      joinMentions(mentions, { ...noMentions, userIds }),
    );
    message.pinged = formatMentions(guild, message.pings);
  }
}

/** Discord's `allowed_mentions`. Source: https://discord.com/developers/docs/resources/message#allowed-mentions-object */
type AllowedMentions = {
  readonly parse?: readonly string[];
  readonly users?: readonly string[];
  readonly roles?: readonly string[];
  readonly replied_user?: boolean;
};

/** People, roles and `@everyone` that a message notifies. */
export type MessageMentions = {
  readonly everyone: boolean;
  readonly userIds: readonly PersonId[];
  readonly roleIds: readonly RoleId[];
};

const noMentions: MessageMentions = { everyone: false, userIds: [], roleIds: [] };

/**
 * Finds mentions in `text` that its author may make and `allowed` lets through. Without
 * `allowed`, all pass.
 */
function findMentions(
  world: World,
  guild: Guild,
  authorId: PersonId,
  text: string,
  allowed: AllowedMentions | null | undefined,
) {
  const mayPingAll = isAllowed(world, guild, authorId, 'mentionEveryone');
  const isAllowedMention = (kind: 'users' | 'roles', id: PersonId | RoleId) =>
    !allowed || allowed.parse?.includes(kind) || allowed[kind]?.includes(id) === true;
  const isEveryoneAllowed = !allowed || allowed.parse?.includes('everyone') === true;
  return {
    everyone: isEveryoneAllowed && mayPingAll && /@(everyone|here)/.test(text),
    userIds: parseMentioned(text, /<@!?(\d+)>/g)
      .map(toPersonId)
      .filter((id) => guild.members.has(id) && isAllowedMention('users', id)),
    roleIds: parseMentioned(text, /<@&(\d+)>/g)
      .map(toRoleId)
      .filter(
        (id) =>
          mayPingAll &&
          guild.roles.some((role) => role.id === id) &&
          isAllowedMention('roles', id),
      ),
  };
}

/** Joins the mentions of two messages. */
function joinMentions(earlier: MessageMentions, later: MessageMentions) {
  return {
    everyone: earlier.everyone || later.everyone,
    userIds: [...new Set([...earlier.userIds, ...later.userIds])],
    roleIds: [...new Set([...earlier.roleIds, ...later.roleIds])],
  };
}

/** Lists names of mentions as people write them: `@everyone`, `@Adam`, `@DJ`. */
function formatMentions(guild: Guild | undefined, pings: MessageMentions) {
  const users = pings.userIds.map((id) => guild?.members.get(id)?.user.name ?? id);
  const roles = pings.roleIds.map(
    (id) => guild?.roles.find((role) => role.id === id)?.name ?? id,
  );
  return [...(pings.everyone ? ['everyone'] : []), ...users, ...roles].map(
    (name) => `@${name}`,
  );
}

function parseMentioned(text: string, pattern: RegExp) {
  return [...new Set(Array.from(text.matchAll(pattern), ([, id = '']) => id))];
}
