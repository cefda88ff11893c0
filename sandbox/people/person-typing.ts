import { type ShownMessage, shown } from '#sandbox/interactions/interaction.ts';
import { type FormFields, formData, pressData } from '#sandbox/interactions/interaction-presses.ts';
import type { Interaction } from '#sandbox/interactions/interaction-record.ts';
import {
  commandData,
  menuData,
  type OptionValues,
} from '#sandbox/interactions/interaction-words.ts';
import type { InteractionInput } from '#sandbox/interactions/interactions.ts';
import { type Channel, type Guild, knownChannel, type Member } from '#sandbox/world/world.ts';
import { attachmentJson, type Upload } from '#sandbox/world/world-attachments.ts';
import type { Json } from '#sandbox/world/world-json.ts';
import { messageJson } from '#sandbox/world/world-message-json.ts';
import { type BoardMessage, messageFlags } from '#sandbox/world/world-messages.ts';
import { may, type Permission } from '#sandbox/world/world-permissions.ts';
import type { Surroundings } from './person-surroundings.ts';

/** Options of a message; its default channel is the first text channel. */
export type MessageOptions = {
  readonly channel?: string;
  readonly files?: readonly Upload[];
  readonly replyTo?: ShownMessage;
};

/** Messages and presses of one person. All throw a plain Error for what Discord's own client would not let them do. */
export function personTyping(caller: Member, around: Surroundings) {
  const { world, guild, interactions, board } = around;
  const { user } = caller;
  const need = (permission: Permission, channel: Channel, what: string) => {
    if (!may(world, guild, user.id, permission, channel))
      throw new Error(`${user.name} may not ${what} in ${channel.name}.`);
  };
  const visible = ({ id }: ShownMessage): BoardMessage => {
    const message = board.find(id);
    if (!message) throw new Error('That message is gone.');
    if (message.ephemeral && message.forUserId !== user.id)
      throw new Error(`${user.name} cannot see that message.`);
    return message;
  };
  const act = (
    input: Pick<InteractionInput, 'kind' | 'channel' | 'data' | 'message'>,
  ): Interaction => interactions.start({ ...input, guild, caller });
  const fillerIn = (channel: Channel) => ({
    world,
    guild,
    caller,
    keepFile(upload: Upload) {
      const kept = board.attachments.keep(channel.id, upload);
      return { id: kept.id, json: attachmentJson(kept) };
    },
  });
  const command = (line: string, words: OptionValues, focused: string | undefined, at?: string) => {
    const channel = channelNamed(guild, at);
    const data = commandData(fillerIn(channel), line, words, focused);
    need('useCommands', channel, 'use commands');
    return act({ kind: focused === undefined ? 'command' : 'autocomplete', channel, data });
  };
  return {
    /** Issues a slash command, say `join` or `track play`, in `channel` (default: the first text channel). */
    command: (line: string, words: OptionValues = {}, channel?: string) =>
      command(line, words, undefined, channel),
    /** Types in a command up to option `focused`, and asks for suggestions. */
    complete: (line: string, words: OptionValues, focused: string) => command(line, words, focused),
    /** Picks an entry of the menu of a message. */
    menu(name: string, seen: ShownMessage): Interaction {
      const message = visible(seen);
      const channel = knownChannel(guild, message.channelId);
      const data = menuData(fillerIn(channel), name, message.id, messageJson(world, message));
      return act({ kind: 'command', channel, data });
    },
    /** Presses a button, or picks `values` from a menu, as `message` showed it or shows it now. */
    press(seen: ShownMessage, customId: string, values?: readonly string[]): Interaction {
      const message = visible(seen);
      const components = [...message.components, ...seen.components];
      const data = pressData(world, guild, components, customId, values);
      const channel = knownChannel(guild, message.channelId);
      return act({ kind: 'component', channel, data, message });
    },
    /** Fills in the form the bot answered `asked` with. */
    submit(asked: Pick<Interaction, 'id'>, fields: FormFields): Interaction {
      const former = interactions.byId(asked.id);
      if (!former?.modal || former.opening.callerId !== user.id)
        throw new Error(`${user.name} was asked nothing.`);
      const { message, channelId } = former.opening;
      const data = formData(former.modal as Json, fields);
      return act({ kind: 'modal', channel: knownChannel(guild, channelId), data, message });
    },
    /** Writes a message; the chat of a voice channel has the channel's name. */
    write(text: string, { channel: name, files, replyTo }: MessageOptions = {}): ShownMessage {
      const channel = channelNamed(guild, name);
      need(channel.kind === 'thread' ? 'sendInThreads' : 'sendMessages', channel, 'write');
      const posting = {
        channelId: channel.id,
        authorId: user.id,
        replyToId: replyTo?.id,
        ephemeral: false,
        loading: false,
      };
      const isVoice = files?.some(({ voiceSeconds }) => voiceSeconds !== undefined);
      const flags = isVoice ? messageFlags.voiceMessage : 0;
      return shown(board.post(posting, { content: text, uploads: files, flags }));
    },
    /** Deletes a message of their own, or with the right to it any other. */
    deleteMessage(seen: ShownMessage): void {
      const message = visible(seen);
      const channel = knownChannel(guild, message.channelId);
      const isOwn = message.authorId === user.id;
      if (!isOwn) need('manageMessages', channel, 'delete messages of others');
      board.remove(message);
    },
  };
}

function channelNamed(guild: Guild, name: string | undefined): Channel {
  const first = guild.channels.find(({ kind }) => kind === 'text');
  return knownChannel(guild, name ?? first?.id ?? 'general');
}
