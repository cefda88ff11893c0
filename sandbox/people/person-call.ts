import { randomUUID } from 'node:crypto';
import type { EncodedSpeech, HeardFrame, Microphone } from '#sandbox/voice/voice-ports.ts';
import { HeardRecorder, type ListenOptions } from '#sandbox/voice-client/heard-recorder.ts';
import type { VoiceClient } from '#sandbox/voice-client/voice-client.ts';
import {
  type Channel,
  canSitIn,
  knownChannel,
  type Member,
  seatedIn,
} from '#sandbox/world/world.ts';
import { mayEnter } from '#sandbox/world/world-permissions.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { Surroundings } from './person-surroundings.ts';

/** Actions of one person in voice channels. Those that need a call throw a plain Error for somebody in none. */
export function personCall({ user }: Member, around: Surroundings) {
  const { world, guild, seats, voice, connect, codec } = around;
  const { id: userId } = user;
  const heard = new HeardRecorder(world.clock);
  const listeners = new Set<(frame: HeardFrame) => void>();
  let present: VoiceClient | undefined;
  let microphone: Microphone = { profile: 'gate' };
  const client = (): VoiceClient => {
    if (!present) throw new Error(`${user.name} is in no voice channel.`);
    return present;
  };
  const hangUp = async () => {
    const former = present;
    present = undefined;
    await former?.[Symbol.asyncDispose]();
  };
  const hear = (frame: HeardFrame) => {
    if (frame.fromUserId === world.bot.id) heard.add(frame);
    for (const listener of listeners) listener(frame);
  };
  return {
    /** The bot's voice as this person received it. */
    heard,
    /** Sits down in a voice or stage channel, by name or id; leaves the one they sit in, in whatever server. */
    async join(channelName: string, signal: AbortSignal): Promise<void> {
      const channel = enterable(around, user, channelName);
      await hangUp();
      // Discord lets nobody but bots sit in two servers.
      for (const other of world.guilds) if (other !== guild) seats.leave(other, userId);
      const sessionId = randomUUID().replaceAll('-', '');
      const seat = { userId, channel, sessionId, selfMute: false, selfDeaf: false };
      const ticket = seats.take(guild, seat);
      if (!ticket) return;
      const { endpoint, certificate } = voice;
      try {
        present = await connect({ endpoint, certificate, ticket, codec }, signal);
      } catch (cause) {
        seats.leave(guild, userId);
        throw cause;
      }
      present.useMicrophone(microphone);
      present.onFrame(hear);
    },
    async leave(): Promise<void> {
      seats.leave(guild, userId);
      await hangUp();
    },
    /** Resolves when everybody seated in the channel now is in the call, and in its encrypted group. */
    async settled(signal: AbortSignal): Promise<void> {
      const mine = guild.voiceStates.get(userId)?.channelId ?? '';
      const everybody = seatedIn(guild, mine).map((state) => state.userId);
      await client().settled(
        everybody.filter((one) => one !== userId),
        signal,
      );
    },
    /** Speaks in real time; calls wait for each other. */
    say: async (speech: Pcm | EncodedSpeech, signal: AbortSignal) =>
      await client().speak(speech, signal),
    /** Waits until the bot was heard and then quiet. */
    listen: (options: ListenOptions, signal: AbortSignal) => heard.listen(options, signal),
    /** Their own microphone off or on; nothing happens to somebody who sits nowhere. */
    mute: (selfMute: boolean) => seats.change(guild, userId, { selfMute }),
    /** Their own sound off or on; a client mutes the microphone with it, which this leaves to `mute`. */
    deafen: (selfDeaf: boolean) => seats.change(guild, userId, { selfDeaf }),
    /** In this call and later ones, from the end of the present speech on. */
    useMicrophone(given: Microphone): void {
      microphone = given;
      present?.useMicrophone(given);
    },
    /** Sends 20 ms (48 kHz mono) of a real microphone at once; nothing in no call, and while `say` speaks. */
    live: (samples: Int16Array) => present?.live(samples),
    /** The real microphone is off, as it also is after 100 ms without a frame. */
    endLive: () => present?.endLive(),
    /** Told of each frame of everybody, in this call and later ones, until disposed of. */
    onHeard(listener: (frame: HeardFrame) => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    /** Packets sent and received in the present call. */
    counts: () => client().counts(),
  };
}

function enterable({ world, guild }: Surroundings, user: Member['user'], name: string): Channel {
  const channel = knownChannel(guild, name);
  if (!canSitIn(channel)) throw new Error(`${channel.name} is not a voice channel.`);
  switch (mayEnter(world, guild, user.id, channel)) {
    case 'forbidden':
      throw new Error(`${user.name} may not enter ${channel.name}.`);
    case 'full':
      throw new Error(`${channel.name} is full.`);
    case 'yes':
      return channel;
  }
}
