import { findPlace, type Guild, type World } from './world.ts';
import {
  type Attachment,
  type Attachments,
  createAttachments,
  type Upload,
} from './world-attachments.ts';
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
  readonly channelId: string;
  readonly authorId: string;
  readonly ephemeral: boolean;
  /** "Thinking...": a deferred reply that is not filled yet. */
  loading: boolean;
  /** Caller of the interaction that the message answers. */
  readonly forUserId?: string;
  readonly replyToId?: string;
  /** Further fields, as Discord sends them: a poll, a forwarded message. */
  readonly form?: Readonly<Record<string, unknown>>;
};

export type BoardMessage = MessagePosting & {
  readonly id: string;
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

export type MessageChange = {
  readonly kind: 'posted' | 'edited' | 'deleted';
  readonly message: BoardMessage;
  /** Ids of all that were deleted at once. The bot is told of them with the last one. */
  readonly together?: readonly string[];
};

/** Bits of a message's `flags`. Source: https://discord.com/developers/docs/resources/message#message-object-message-flags */
export const messageFlags = {
  suppressEmbeds: 1 << 2,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  voiceMessage: 1 << 13,
  componentsV2: 1 << 15,
} as const;

/** A nonce is looked for among those of so long. Source: https://discord.com/developers/docs/resources/message#create-message the past few minutes. */
const maxNonceAgeMs = 180_000;
/** Everything written, public and private. Tells `changed` of each change. */
export class MessageBoard {
  readonly attachments: Attachments;
  readonly #world;
  readonly #onChange;
  readonly #messages = new Map<string, BoardMessage>();
  readonly #nonces = new Map<string, { readonly id: string; readonly atMs: number }>();

  constructor(world: World, changed: (change: MessageChange) => void) {
    this.#world = world;
    this.#onChange = changed;
    this.attachments = createAttachments(world);
  }

  post(posting: MessagePosting, content: PostedContent): BoardMessage {
    const { clock, ids, people, bot } = this.#world;
    const author =
      [...people.values()].find(({ id }) => id === posting.authorId) ?? bot;
    const message: BoardMessage = {
      ...posting,
      id: ids.mintId(),
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

  /** Fields left out stay as they are. Filling a deferred reply counts as an edit. */
  edit(message: BoardMessage, content: PostedContent) {
    const { clock } = this.#world;
    const { keptFileIds } = content;
    const stay = message.files.filter(({ id }) => keptFileIds?.includes(id) ?? true);
    if (content.content !== undefined) message.text = content.content ?? '';
    if (content.embeds) message.embeds = content.embeds;
    if (content.components) message.components = content.components;
    // Discord lets an edit change no other flag.
    const { suppressEmbeds } = messageFlags;
    const set = content.flags ?? message.flags;
    message.flags = (message.flags & ~suppressEmbeds) | (set & suppressEmbeds);
    message.files = [...stay, ...this.#keepFiles(message.channelId, content)];
    this.#notePings(message, content);
    message.editedAt = new Date(clock.wallMs()).toISOString();
    message.loading = false;
    this.#onChange({ kind: 'edited', message });
    return message;
  }

  /** Removes a message. `together`: ids of all that are removed at once. */
  remove(message: BoardMessage, together?: readonly string[]) {
    message.deletedAtMs = this.#world.clock.nowMs();
    this.#messages.delete(message.id);
    this.#onChange({ kind: 'deleted', message, together });
  }

  /**
   * Removes several messages of one channel, reported at once where there are more than
   * one.
   */
  removeAll(ids: readonly string[]) {
    const messages = ids
      .map((id) => this.find(id))
      .filter((each) => each !== undefined);
    for (const message of messages)
      this.remove(message, messages.length > 1 ? ids : undefined);
  }

  /**
   * Finds the message that was posted with that nonce of late, or makes it by `post`.
   */
  postOnce(nonce: string, post: () => BoardMessage) {
    const nowMs = this.#world.clock.nowMs();
    for (const [each, { atMs }] of this.#nonces) {
      if (nowMs - atMs > maxNonceAgeMs) this.#nonces.delete(each);
    }
    const former = this.find(this.#nonces.get(nonce)?.id ?? '');
    if (former) return former;
    const message = post();
    this.#nonces.set(nonce, { id: message.id, atMs: nowMs });
    return message;
  }

  find(id: string) {
    return this.#messages.get(id);
  }

  /** Lists messages that everybody in the channel sees, oldest first. */
  listInChannel(channelId: string): readonly BoardMessage[] {
    const all = [...this.#messages.values()];
    return all.filter((each) => each.channelId === channelId && !each.ephemeral);
  }

  #keepFiles(channelId: string, { uploads = [] }: PostedContent) {
    return uploads.map((upload) => this.attachments.keepFile(channelId, upload));
  }

  #notePings(message: BoardMessage, { allowedMentions }: PostedContent) {
    const guild = findPlace(this.#world, message.channelId)?.guild;
    if (!guild) return;
    const now = findMentions(
      this.#world,
      guild,
      message.authorId,
      message.text,
      allowedMentions,
    );
    const replied = this.find(message.replyToId ?? '')?.authorId;
    // Source: https://discord.com/developers/docs/resources/message#allowed-mentions-object a reply pings unless `allowed_mentions` says otherwise.
    const pingsReplied = !allowedMentions || allowedMentions.replied_user === true;
    const userIds = replied !== undefined && pingsReplied ? [replied] : [];
    message.pings = joinMentions(
      message.pings,
      joinMentions(now, { ...noMentions, userIds }),
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
  readonly userIds: readonly string[];
  readonly roleIds: readonly string[];
};

const noMentions: MessageMentions = { everyone: false, userIds: [], roleIds: [] };

/**
 * Finds mentions in `text` that its author may make and `allowed` lets through. Without
 * `allowed`, all pass.
 */
function findMentions(
  world: World,
  guild: Guild,
  authorId: string,
  text: string,
  allowed: AllowedMentions | null | undefined,
) {
  const mayPingAll = isAllowed(world, guild, authorId, 'mentionEveryone');
  const lets = (kind: 'users' | 'roles', id: string) =>
    !allowed || allowed.parse?.includes(kind) || allowed[kind]?.includes(id) === true;
  const letsAll = !allowed || allowed.parse?.includes('everyone') === true;
  return {
    everyone: letsAll && mayPingAll && /@(everyone|here)/.test(text),
    userIds: parseMentioned(text, /<@!?(\d+)>/g).filter(
      (id) => guild.members.has(id) && lets('users', id),
    ),
    roleIds: parseMentioned(text, /<@&(\d+)>/g).filter(
      (id) =>
        mayPingAll && guild.roles.some((role) => role.id === id) && lets('roles', id),
    ),
  };
}

/** Joins the mentions of two messages. */
function joinMentions(one: MessageMentions, two: MessageMentions) {
  return {
    everyone: one.everyone || two.everyone,
    userIds: [...new Set([...one.userIds, ...two.userIds])],
    roleIds: [...new Set([...one.roleIds, ...two.roleIds])],
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
