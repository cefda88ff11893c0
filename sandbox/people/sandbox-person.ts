import { randomUUID } from 'node:crypto';
import {
  makeCommandData,
  makeMenuData,
  type OptionValues,
} from '#sandbox/interactions/command-data.ts';
import {
  type FormFields,
  makeFormData,
  makePressData,
} from '#sandbox/interactions/interaction-presses.ts';
import {
  type Interaction,
  type InteractionInput,
  type Interactions,
  type ShownMessage,
  toShownMessage,
} from '#sandbox/interactions/interactions.ts';
import type {
  EncodedSpeech,
  HeardFrame,
  OpenMicrophone,
} from '#sandbox/voice/voice-ports.ts';
import {
  createHeardRecorder,
  type ListenOptions,
} from '#sandbox/voice-client/heard-recorder.ts';
import type { connectVoice, VoiceClient } from '#sandbox/voice-client/voice-client.ts';
import type { VoiceServer } from '#sandbox/voice-server/voice-server.ts';
import {
  type Channel,
  type Guild,
  isVoiceKind,
  listSeated,
  type Member,
  requireChannel,
  type World,
} from '#sandbox/world/world.ts';
import { toAttachmentJson, type Upload } from '#sandbox/world/world-attachments.ts';
import { type Json, toMessageJson } from '#sandbox/world/world-json.ts';
import { type MessageBoard, messageFlags } from '#sandbox/world/world-messages.ts';
import {
  canEnter,
  isAllowed,
  type Permission,
} from '#sandbox/world/world-permissions.ts';
import type { WorldSeats } from '#sandbox/world/world-seats.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { Pcm } from '#src/audio/pcm.ts';

/** A simulated member of a server: sits in channels, speaks, listens, types, presses buttons. */
export type SandboxPerson = ReturnType<typeof openPerson>;

export type PersonOptions = {
  /** Language of their Discord, as it writes it, say `de`. Default `en-US`. */
  readonly locale?: string;
  readonly microphone?: OpenMicrophone;
};

/** Opens a simulated member of a server, without a seat at first. */
export function openPerson(member: Member, around: PersonDeps) {
  const { id, name } = member.user;
  const call = makePersonCall(member, around);
  const dispose = () => call.leave();
  return {
    id,
    name,
    ...call,
    ...makePersonTyping(member, around),
    [Symbol.asyncDispose]: dispose,
  };
}

/**
 * Creates the actions of one person in voice channels. Those that need a call throw a
 * plain Error for somebody in none.
 */
function makePersonCall({ user }: Member, around: PersonDeps) {
  const { world, guild, seats, voice, connect, codec } = around;
  const { id: userId } = user;
  const heard = createHeardRecorder(world.clock);
  const listeners = new Set<(frame: HeardFrame) => void>();
  let present: VoiceClient | undefined;
  let microphone: OpenMicrophone = { profile: 'gate' };
  const client = () => {
    if (!present) throw new Error(`${user.name} is in no voice channel.`);
    return present;
  };
  const hangUp = async () => {
    const former = present;
    present = undefined;
    await former?.[Symbol.asyncDispose]();
  };
  const hear = (frame: HeardFrame) => {
    if (frame.fromUserId === world.bot.id) heard.addFrame(frame);
    for (const listener of listeners) listener(frame);
  };
  return {
    /** The bot's voice as this person received it. */
    heard,
    /**
     * Joins a voice or stage channel by name or id, and leaves the person's former
     * channel in any server.
     */
    async join(channelName: string, signal: AbortSignal) {
      const channel = requireEnterable(around, user, channelName);
      await hangUp();
      // Discord lets nobody but bots sit in two servers.
      for (const other of world.guilds)
        if (other !== guild) seats.leaveSeat(other, userId);
      const sessionId = randomUUID().replaceAll('-', '');
      const seat = { userId, channel, sessionId, selfMute: false, selfDeaf: false };
      const ticket = seats.takeSeat(guild, seat);
      if (!ticket) return;
      const { endpoint, certificate } = voice;
      try {
        present = await connect({ endpoint, certificate, ticket, codec }, signal);
      } catch (cause) {
        seats.leaveSeat(guild, userId);
        throw cause;
      }
      present.useMicrophone(microphone);
      present.onFrame(hear);
    },
    async leave() {
      seats.leaveSeat(guild, userId);
      await hangUp();
    },
    /**
     * Waits until everybody seated in the channel now is in the call, and in the
     * encrypted group of the call.
     */
    async settled(signal: AbortSignal) {
      const mine = guild.voiceStates.get(userId)?.channelId ?? '';
      const everybody = listSeated(guild, mine).map((state) => state.userId);
      await client().waitUntilSettled(
        everybody.filter((one) => one !== userId),
        signal,
      );
    },
    /** Speaks in real time. Calls wait for each other. */
    say: async (speech: Pcm | EncodedSpeech, signal: AbortSignal) =>
      await client().speak(speech, signal),
    /** Waits until the bot was heard and then quiet. */
    listen: (options: ListenOptions, signal: AbortSignal) =>
      heard.listen(options, signal),
    /** Turns the person's own microphone off or on. Does nothing without a seat. */
    mute: (selfMute: boolean) => seats.changeSeat(guild, userId, { selfMute }),
    /** Turns the person's own sound off or on. A client also mutes the microphone, which is left to `mute`. */
    deafen: (selfDeaf: boolean) => seats.changeSeat(guild, userId, { selfDeaf }),
    /**
     * Uses another microphone, in this call and later ones. A speech under way goes on.
     */
    useMicrophone(given: OpenMicrophone) {
      microphone = given;
      present?.useMicrophone(given);
    },
    /** Sends 20 ms (48 kHz mono) of a real microphone at once. Sends nothing outside a call and while `say` speaks. */
    live: (samples: Int16Array) => present?.sendLive(samples),
    /** The real microphone is off, as it also is after 100 ms without a frame. */
    endLive: () => present?.endLive(),
    /**
     * Calls `listener` for each frame of everybody, in this call and later ones, until
     * disposed of.
     */
    onHeard(listener: (frame: HeardFrame) => void) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    /** Packets sent and received in the present call. */
    counts: () => client().counts(),
  };
}

function requireEnterable(
  { world, guild }: PersonDeps,
  user: Member['user'],
  name: string,
) {
  const channel = requireChannel(guild, name);
  if (!isVoiceKind(channel)) throw new Error(`${channel.name} is not a voice channel.`);
  switch (canEnter(world, guild, user.id, channel)) {
    case 'forbidden':
      throw new Error(`${user.name} may not enter ${channel.name}.`);
    case 'full':
      throw new Error(`${channel.name} is full.`);
    case 'yes':
      return channel;
  }
}

/** Options of a message. Its default channel is the first text channel. */
type MessageOptions = {
  readonly channel?: string;
  readonly files?: readonly Upload[];
  readonly replyTo?: ShownMessage;
  /** Further fields, as Discord sends them. */
  readonly form?: Json;
};

/**
 * Creates the messages and presses of one person. All throw a plain Error for acts that
 * Discord's own client prevents.
 */
function makePersonTyping(caller: Member, around: PersonDeps) {
  const { world, guild, interactions, board } = around;
  const { user } = caller;
  const need = (permission: Permission, channel: Channel, what: string) => {
    if (!isAllowed(world, guild, user.id, permission, channel))
      throw new Error(`${user.name} may not ${what} in ${channel.name}.`);
  };
  const visible = ({ id }: ShownMessage) => {
    const message = board.find(id);
    if (!message) throw new Error('That message is gone.');
    if (message.ephemeral && message.forUserId !== user.id)
      throw new Error(`${user.name} cannot see that message.`);
    return message;
  };
  const act = (
    input: Pick<InteractionInput, 'kind' | 'channel' | 'data' | 'message'>,
  ) => interactions.startInteraction({ ...input, guild, caller });
  const fillerIn = (channel: Channel) => ({
    world,
    guild,
    caller,
    keepFile(upload: Upload) {
      const kept = board.attachments.keepFile(channel.id, upload);
      return { id: kept.id, json: toAttachmentJson(kept) };
    },
  });
  const command = (
    line: string,
    words: OptionValues,
    focused: string | undefined,
    at?: string,
  ) => {
    const channel = requireTextChannel(guild, at);
    const data = makeCommandData(fillerIn(channel), line, words, focused);
    need('useCommands', channel, 'use commands');
    return act({
      kind: focused === undefined ? 'command' : 'autocomplete',
      channel,
      data,
    });
  };
  return {
    /** Issues a slash command, say `join` or `track play`, in `channel` (default: the first text channel). */
    command: (line: string, words: OptionValues = {}, channel?: string) =>
      command(line, words, undefined, channel),
    /** Types in a command up to option `focused`, and asks for suggestions. */
    complete: (line: string, words: OptionValues, focused: string) =>
      command(line, words, focused),
    /** Picks an entry of the menu of a message. */
    menu(name: string, seen: ShownMessage) {
      const message = visible(seen);
      const channel = requireChannel(guild, message.channelId);
      const data = makeMenuData(
        fillerIn(channel),
        name,
        message.id,
        toMessageJson(world, message),
      );
      return act({ kind: 'command', channel, data });
    },
    /** Presses a button, or picks `values` from a menu, as `message` showed it or shows it now. */
    press(seen: ShownMessage, customId: string, values?: readonly string[]) {
      const message = visible(seen);
      const components = [...message.components, ...seen.components];
      const data = makePressData(world, guild, components, customId, values);
      const channel = requireChannel(guild, message.channelId);
      return act({ kind: 'component', channel, data, message });
    },
    /** Fills in the form the bot answered `asked` with. */
    submit(asked: Pick<Interaction, 'id'>, fields: FormFields) {
      const former = interactions.findById(asked.id);
      if (!former?.modal || former.opening.caller !== caller)
        throw new Error(`${user.name} was asked nothing.`);
      const { message, channel } = former.opening;
      const data = makeFormData(former.modal as Json, fields);
      return act({ kind: 'modal', channel, data, message });
    },
    /** Writes a message. The chat of a voice channel has the channel's name. */
    write(text: string, { channel: name, files, form, replyTo }: MessageOptions = {}) {
      const channel = requireTextChannel(guild, name);
      need(
        channel.kind === 'thread' ? 'sendInThreads' : 'sendMessages',
        channel,
        'write',
      );
      const posting = {
        channelId: channel.id,
        authorId: user.id,
        replyToId: replyTo?.id,
        ephemeral: false,
        loading: false,
        form,
      };
      const isVoice = files?.some(({ voiceSeconds }) => voiceSeconds !== undefined);
      const flags = isVoice ? messageFlags.voiceMessage : 0;
      return toShownMessage(
        board.post(posting, { content: text, uploads: files, flags }),
      );
    },
    /** Deletes a message of this person, or with the right to do so any other. */
    deleteMessage(seen: ShownMessage) {
      const message = visible(seen);
      const channel = requireChannel(guild, message.channelId);
      const isOwn = message.authorId === user.id;
      if (!isOwn) need('manageMessages', channel, 'delete messages of others');
      board.remove(message);
    },
  };
}

function requireTextChannel(guild: Guild, name: string | undefined) {
  const first = guild.channels.find(({ kind }) => kind === 'text');
  return requireChannel(guild, name ?? first?.id ?? 'general');
}

/** Opens a person's end of a voice call. */
export type ConnectVoice = typeof connectVoice;

/** Parts of the sandbox that a person uses. */
export type PersonDeps = {
  readonly world: World;
  readonly guild: Guild;
  readonly seats: WorldSeats;
  readonly board: MessageBoard;
  readonly interactions: Interactions;
  readonly voice: Pick<VoiceServer, 'endpoint' | 'certificate'>;
  readonly connect: ConnectVoice;
  readonly codec: OpusCodec;
};
