import type { Interaction, ShownMessage } from '#sandbox/interactions/interaction.ts';
import { shown } from '#sandbox/interactions/interaction.ts';
import { type FormFields, formData, pressData } from '#sandbox/interactions/interaction-presses.ts';
import {
  commandData,
  type Filler,
  menuData,
  type OptionValues,
} from '#sandbox/interactions/interaction-words.ts';
import type { InteractionInput } from '#sandbox/interactions/interactions.ts';
import { type Channel, knownChannel, type Member } from '#sandbox/world/world.ts';
import { attachmentJson, type Upload } from '#sandbox/world/world-attachments.ts';
import type { Json } from '#sandbox/world/world-json.ts';
import { messageJson } from '#sandbox/world/world-message-json.ts';
import { type BoardMessage, messageFlags } from '#sandbox/world/world-messages.ts';
import { may } from '#sandbox/world/world-permissions.ts';
import type { Surroundings } from './person-surroundings.ts';

/** Options of a message; its default channel is the first text channel. */
export type MessageOptions = {
  readonly channel?: string;
  readonly files?: readonly Upload[];
  readonly replyTo?: ShownMessage;
};

/** Typing and presses of one person. */
export class PersonTyping {
  readonly #member: Member;
  readonly #around: Surroundings;

  constructor(member: Member, around: Surroundings) {
    this.#member = member;
    this.#around = around;
  }

  command(
    line: string,
    words: OptionValues,
    focused: string | undefined,
    channelName: string | undefined,
  ): Interaction {
    const channel = this.#channel(channelName);
    const { world, guild } = this.#around;
    const { user } = this.#member;
    const data = commandData(this.#filler(channel), line, words, focused);
    if (!may(world, guild, user.id, 'useCommands', channel)) {
      throw new Error(`${user.name} may not use commands in ${channel.name}.`);
    }
    return this.#act({ kind: focused === undefined ? 'command' : 'autocomplete', channel, data });
  }

  menu(name: string, seen: ShownMessage): Interaction {
    const message = this.#visible(seen);
    const { world, guild } = this.#around;
    const channel = knownChannel(guild, message.channelId);
    const json = messageJson(world, message);
    return this.#act({
      kind: 'command',
      channel,
      data: menuData(this.#filler(channel), name, message.id, json),
    });
  }

  press(seen: ShownMessage, customId: string, values: readonly string[] | undefined): Interaction {
    const message = this.#visible(seen);
    const { world, guild } = this.#around;
    const components = [...message.components, ...seen.components];
    const data = pressData(world, guild, components, customId, values);
    const channel = knownChannel(guild, message.channelId);
    return this.#act({ kind: 'component', channel, data, message });
  }

  submit(asked: Pick<Interaction, 'id'>, fields: FormFields): Interaction {
    const { interactions, guild } = this.#around;
    const former = interactions.byId(asked.id);
    if (!former?.modal || former.opening.callerId !== this.#member.user.id) {
      throw new Error(`${this.#member.user.name} was asked nothing.`);
    }
    const { message, channelId } = former.opening;
    return this.#act({
      kind: 'modal',
      channel: knownChannel(guild, channelId),
      data: formData(former.modal as Json, fields),
      ...(message ? { message } : {}),
    });
  }

  write(text: string, { channel: name, files, replyTo }: MessageOptions): ShownMessage {
    const { world, guild, board } = this.#around;
    const { user } = this.#member;
    const channel = this.#channel(name);
    const isThread = channel.kind === 'thread';
    if (!may(world, guild, user.id, isThread ? 'sendInThreads' : 'sendMessages', channel)) {
      throw new Error(`${user.name} may not write in ${channel.name}.`);
    }
    const posting = {
      channelId: channel.id,
      authorId: user.id,
      ephemeral: false,
      loading: false,
      replyToId: replyTo?.id,
    };
    const isVoice = files?.some(({ voiceSeconds }) => voiceSeconds !== undefined);
    const flags = isVoice ? messageFlags.voiceMessage : 0;
    return shown(board.post(posting, { content: text, uploads: files, flags }));
  }

  deleteMessage(seen: ShownMessage): void {
    const message = this.#visible(seen);
    const { world, guild, board } = this.#around;
    const { user } = this.#member;
    const channel = knownChannel(guild, message.channelId);
    const isOwn = message.authorId === user.id;
    if (!isOwn && !may(world, guild, user.id, 'manageMessages', channel)) {
      throw new Error(`${user.name} may not delete messages of others in ${channel.name}.`);
    }
    board.remove(message);
  }

  #act(act: Pick<InteractionInput, 'kind' | 'channel' | 'data' | 'message'>): Interaction {
    const { guild, interactions } = this.#around;
    return interactions.start({ ...act, guild, caller: this.#member });
  }

  #filler(channel: Channel): Filler {
    const { world, guild, board } = this.#around;
    return {
      world,
      guild,
      caller: this.#member,
      keepFile: (upload) => {
        const kept = board.attachments.keep(channel.id, upload);
        return { id: kept.id, json: attachmentJson(kept) };
      },
    };
  }

  #visible({ id }: ShownMessage): BoardMessage {
    const message = this.#around.board.find(id);
    if (!message) throw new Error('That message is gone.');
    if (message.ephemeral && message.forUserId !== this.#member.user.id) {
      throw new Error(`${this.#member.user.name} cannot see that message.`);
    }
    return message;
  }

  #channel(name: string | undefined): Channel {
    const { guild } = this.#around;
    const first = guild.channels.find(({ kind }) => kind === 'text');
    return knownChannel(guild, name ?? first?.id ?? 'general');
  }
}
