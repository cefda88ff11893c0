import type { World } from './world.ts';
import { type Json, userJson } from './world-json.ts';

/** What the bot sent to be shown: the fields of a message it may set. */
export type Content = {
  readonly content?: string | null | undefined;
  readonly embeds?: readonly unknown[] | null | undefined;
  readonly components?: readonly unknown[] | null | undefined;
  readonly flags?: number | null | undefined;
  readonly fileNames?: readonly string[] | undefined;
};

export type Message = {
  readonly id: string;
  readonly channelId: string;
  readonly authorId: string;
  readonly postedAtMs: number;
  readonly postedAt: string;
  readonly ephemeral: boolean;
  /** Person who asked, when it answers an interaction. */
  readonly forUserId?: string | undefined;
  /** "Thinking...": a deferred reply that is not filled yet. */
  loading: boolean;
  text: string;
  embeds: readonly unknown[];
  components: readonly unknown[];
  fileNames: readonly string[];
  edits: readonly { readonly text: string; readonly atMs: number }[];
  editedAt: string | null;
  deletedAtMs?: number;
};

export type MessageChange = {
  readonly kind: 'posted' | 'edited' | 'deleted';
  readonly message: Message;
};

/** Bits of a message's `flags`. Source: Discord docs, "Message Flags". */
export const messageFlags = { ephemeral: 1 << 6, loading: 1 << 7 } as const;

/** Keeps this many messages; the oldest is forgotten first. */
const messageLimit = 500;
/** Keeps this many edits of a message; the oldest is forgotten first. */
const editLimit = 200;

export type Posting = {
  readonly channelId: string;
  readonly authorId: string;
  readonly ephemeral: boolean;
  readonly loading: boolean;
  readonly forUserId?: string;
};

/** Everything written in the server, public and private; tells `changed` of each change. */
export class MessageBoard {
  readonly #world: World;
  readonly #changed: (change: MessageChange) => void;
  readonly #messages = new Map<string, Message>();

  constructor(world: World, changed: (change: MessageChange) => void) {
    this.#world = world;
    this.#changed = changed;
  }

  post(posting: Posting, content: Content): Message {
    const { clock, ids } = this.#world;
    const message: Message = {
      id: ids.next(),
      channelId: posting.channelId,
      authorId: posting.authorId,
      ephemeral: posting.ephemeral,
      forUserId: posting.forUserId,
      loading: posting.loading,
      postedAtMs: clock.nowMs(),
      postedAt: new Date(clock.wallMs()).toISOString(),
      text: content.content ?? '',
      embeds: content.embeds ?? [],
      components: content.components ?? [],
      fileNames: content.fileNames ?? [],
      edits: [],
      editedAt: null,
    };
    this.#messages.set(message.id, message);
    this.#forgetOldest();
    this.#changed({ kind: 'posted', message });
    return message;
  }

  /** Fields left out stay as they are. Filling a deferred reply counts as an edit. */
  edit(message: Message, content: Content): Message {
    const { clock } = this.#world;
    if (content.content !== undefined) message.text = content.content ?? '';
    if (content.embeds) message.embeds = content.embeds;
    if (content.components) message.components = content.components;
    if (content.fileNames?.length) message.fileNames = content.fileNames;
    const edit = { text: message.text, atMs: clock.nowMs() };
    message.edits = [...message.edits, edit].slice(-editLimit);
    message.editedAt = new Date(clock.wallMs()).toISOString();
    message.loading = false;
    this.#changed({ kind: 'edited', message });
    return message;
  }

  remove(message: Message): void {
    message.deletedAtMs = this.#world.clock.nowMs();
    this.#messages.delete(message.id);
    this.#changed({ kind: 'deleted', message });
  }

  find(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  /** What everybody in the channel sees, oldest first. */
  inChannel(channelId: string): readonly Message[] {
    const all = [...this.#messages.values()];
    return all.filter((each) => each.channelId === channelId && !each.ephemeral);
  }

  #forgetOldest(): void {
    for (const id of this.#messages.keys()) {
      if (this.#messages.size <= messageLimit) return;
      this.#messages.delete(id);
    }
  }
}

export function messageJson(world: World, message: Message): Json {
  const author = world.guild.members.get(message.authorId)?.user ?? world.bot;
  const { ephemeral, loading } = messageFlags;
  return {
    id: message.id,
    channel_id: message.channelId,
    guild_id: world.guild.id,
    type: 0,
    author: userJson(author),
    content: message.text,
    timestamp: message.postedAt,
    edited_timestamp: message.editedAt,
    tts: false,
    pinned: false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    embeds: message.embeds,
    components: message.components,
    attachments: message.fileNames.map((filename, place) => attachmentJson(filename, place)),
    flags: (message.ephemeral ? ephemeral : 0) | (message.loading ? loading : 0),
  };
}

function attachmentJson(filename: string, place: number): Json {
  const url = `http://127.0.0.1/attachments/${encodeURIComponent(filename)}`;
  return { id: `${place + 1}`, filename, size: 0, url, proxy_url: url };
}
