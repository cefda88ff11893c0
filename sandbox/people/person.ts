import type { Interaction, ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { FormFields } from '#sandbox/interactions/interaction-presses.ts';
import type { OptionValues } from '#sandbox/interactions/interaction-words.ts';
import type {
  EncodedSpeech,
  HeardFrame,
  Microphone,
  SpokenTimes,
  VoiceCounts,
} from '#sandbox/voice/voice-ports.ts';
import {
  HeardRecorder,
  type HeardStretch,
  type ListenOptions,
} from '#sandbox/voice-client/heard-recorder.ts';
import type { Member } from '#sandbox/world/world.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { PersonCall } from './person-call.ts';
import type { Surroundings } from './person-surroundings.ts';
import { type MessageOptions, PersonTyping } from './person-typing.ts';

/** A simulated member of a server: sits in channels, speaks, listens, types, presses buttons. */
export interface SandboxPerson extends PersonSpeech, LivePerson, Typing, AsyncDisposable {
  readonly id: string;
  readonly name: string;
}

/** Actions of a person in voice channels. */
export interface PersonSpeech {
  /** The bot's voice as this person received it. */
  readonly heard: HeardRecorder;
  /** Sits down in a voice or stage channel, by name or id; leaves the one they sit in, in whatever server. */
  join(channel: string, signal: AbortSignal): Promise<void>;
  leave(): Promise<void>;
  /** Resolves when everybody seated in the channel now is in the call, and in its encrypted group. */
  settled(signal: AbortSignal): Promise<void>;
  /** Speaks in real time; calls wait for each other. */
  say(speech: Pcm | EncodedSpeech, signal: AbortSignal): Promise<SpokenTimes>;
  /** Waits until the bot was heard and then quiet. */
  listen(options: ListenOptions, signal: AbortSignal): Promise<HeardStretch>;
  /** Their own microphone off or on; nothing happens to somebody who sits nowhere. */
  mute(on: boolean): void;
  /** Their own sound off or on; a client mutes the microphone with it, which this leaves to `mute`. */
  deafen(on: boolean): void;
  /** In this call and later ones, from the end of the present speech on. */
  useMicrophone(microphone: Microphone): void;
  /** Packets sent and received in the present call. */
  counts(): VoiceCounts;
}

/** A person who is somebody in front of this machine: what a real microphone takes goes out, and all that arrives is handed on. */
export interface LivePerson {
  /** Sends 20 ms at once: Opus as it is, samples (48 kHz mono) encoded. Nothing in no call, and while `say` speaks. */
  live(frame: Buffer | Int16Array): void;
  /** The microphone is off, as it also is after 100 ms without a frame. */
  endLive(): void;
  /** Told of each frame of everybody, in this call and later ones, until disposed of. */
  onHeard(listener: (frame: HeardFrame) => void): Disposable;
}

/** Messages and presses of a person. All throw a plain Error for what Discord's own client would not let them do. */
export interface Typing {
  /** Issues a slash command, say `join` or `track play`, in `channel` (default: the first text channel). */
  command(line: string, words?: OptionValues, channel?: string): Interaction;
  /** Types in a command up to option `focused`, and asks for suggestions. */
  complete(line: string, words: OptionValues, focused: string, channel?: string): Interaction;
  /** Picks an entry of the menu of a message. */
  menu(name: string, message: ShownMessage): Interaction;
  /** Presses a button, or picks `values` from a menu, as `message` showed it or shows it now. */
  press(message: ShownMessage, customId: string, values?: readonly string[]): Interaction;
  /** Fills in the form the bot answered `asked` with. */
  submit(asked: Pick<Interaction, 'id'>, fields: FormFields): Interaction;
  /** Writes a message; the chat of a voice channel has the channel's name. */
  write(text: string, writing?: MessageOptions): ShownMessage;
  /** Deletes a message of their own, or with the right to it any other. */
  deleteMessage(message: ShownMessage): void;
}

export type PersonOptions = {
  /** Language of their Discord, as it writes it, say `de`; default `en-US`. */
  readonly locale?: string;
  readonly microphone?: Microphone;
};

/** A simulated member of a server, who sits nowhere yet. */
export function openPerson(member: Member, around: Surroundings): SandboxPerson {
  const heard = new HeardRecorder(around.world.clock);
  const call = new PersonCall(member, around, heard);
  const typing = new PersonTyping(member, around);
  const { id, name } = member.user;
  return {
    id,
    name,
    heard,
    join: (channel, signal) => call.join(channel, signal),
    leave: () => call.leave(),
    settled: (signal) => call.settled(signal),
    say: async (speech, signal) => await call.client().speak(speech, signal),
    listen: (options, signal) => heard.listen(options, signal),
    mute: (selfMute) => call.muteSelf({ selfMute }),
    deafen: (selfDeaf) => call.muteSelf({ selfDeaf }),
    useMicrophone: (microphone) => call.useMicrophone(microphone),
    live: (frame) => call.live(frame),
    endLive: () => call.endLive(),
    onHeard: (listener) => call.onHeard(listener),
    counts: () => call.client().counts(),
    command: (line, words = {}, channel) => typing.command(line, words, undefined, channel),
    complete: (line, words, focused, channel) => typing.command(line, words, focused, channel),
    menu: (entry, message) => typing.menu(entry, message),
    press: (message, customId, values) => typing.press(message, customId, values),
    submit: (asked, fields) => typing.submit(asked, fields),
    write: (text, writing = {}) => typing.write(text, writing),
    deleteMessage: (message) => typing.deleteMessage(message),
    [Symbol.asyncDispose]: () => call.leave(),
  };
}
