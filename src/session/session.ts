import { speakRateHz } from '#src/audio/pcm.ts';
import { SpeakerStream } from '#src/audio/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice-meter.ts';
import { BotError } from '#src/base/errors.ts';
import { Mixer } from '#src/playback/mixer.ts';
import { VoiceTrack } from '#src/playback/voice-track.ts';
import { Claim } from './claim.ts';
import { answer } from './conversation.ts';
import { Ear } from './ear.ts';
import { Ears } from './ears.ts';
import type { Matter, Question } from './floor.ts';
import { Greeter } from './greeter.ts';
import type { VoiceLink } from './link.ts';
import { Mouth } from './mouth.ts';
import type { SessionParts } from './parts.ts';
import { readOut } from './reading.ts';
import type { Conversation, Room } from './room.ts';
import { together } from './together.ts';
import { said, type Utterance } from './utterance.ts';

/** Endpointing looks at the clock so often; an utterance can end between packets. */
const tickMs = 20;
/** The panel may lag by so much behind the room. */
const lookMs = 100;
/** Alone for so long, it leaves. */
const aloneMs = 60_000;
/** Of somebody's sound, before it counts as lost. Source: product, `heard.nothing`. */
const unheardMs = 5_000;

/** What the loops of one session share. */
type Scene = {
  readonly link: VoiceLink;
  readonly ears: Ears;
  readonly room: Conversation;
  readonly greeter: Greeter;
};

/**
 * The loop of one voice channel: hears until left, says one thing after the other.
 *
 * Returns 'alone' when nobody else was there for a minute. Errors: as `VoiceLink.hear`, which also ends once a stay
 * when somebody cannot be decoded; anything else is a bug.
 * Aborting `signal` throws `signal.reason`.
 */
export async function runSession(
  link: VoiceLink,
  room: Room,
  signal: AbortSignal,
): Promise<'alone' | 'lost'> {
  const { parts, gate } = room;
  const voice = new VoiceTrack();
  const encoder = parts.codec.encoder(speakRateHz);
  const mixer = new Mixer([voice], encoder);
  const ears = new Ears((speakerId) => openEar(speakerId, parts));
  const mouth = new Mouth(voice, parts.clock);
  const conversation = { ...room, mouth };
  const scene = {
    link,
    ears,
    room: conversation,
    greeter: new Greeter(conversation, link.people()),
  };
  const { wake } = link.play(mixer);
  mixer.onSound(wake);
  gate.onChange(() => {
    ears.keep((speakerId) => gate.mayHear(speakerId));
    look(scene);
  });
  try {
    return await together<'alone' | 'lost'>(signal, [
      (until) => hearPackets(scene, until),
      (until) => watchClock(scene, until),
      (until) => speakAll(scene.room, until),
    ]);
  } finally {
    gate.onChange(() => undefined);
    voice.cut();
    ears.close();
    encoder.free();
  }
}

function openEar(speakerId: string, { codec, weights, endpointRules }: SessionParts): Ear {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  return new Ear(speakerId, new SpeakerStream(codec), meter, endpointRules);
}

/** A packet may have waited while its speaker said no, so the gate is asked once more. */
async function hearPackets(scene: Scene, signal: AbortSignal): Promise<'lost'> {
  const { link, ears, room } = scene;
  for await (const packet of link.hear(signal)) {
    if (!room.gate.mayHear(packet.speakerId)) continue;
    for (const utterance of ears.put(packet)) receive(utterance, scene);
    if (ears.unheardMs(packet.speakerId) >= unheardMs) relink(room);
  }
  return 'lost';
}

/** A new link has new keys: once that may help. */
function relink({ notice, once }: Room): void {
  if (!once.first('relinked')) return;
  notice({ id: 'heard.nothing' });
  throw new BotError('link.lost', true, `For ${unheardMs / 1000} s somebody was not decodable.`);
}

async function watchClock(scene: Scene, signal: AbortSignal): Promise<'alone'> {
  const { link, ears, room, greeter } = scene;
  const { clock } = room.parts;
  let companyAtMs = clock.nowMs();
  let lookAtMs = companyAtMs;
  for (;;) {
    const nowMs = clock.nowMs();
    ears.keep((speakerId) => room.gate.mayHear(speakerId));
    for (const utterance of ears.tick(nowMs)) receive(utterance, scene);
    greeter.look(nowMs, () => ears.talking().length > 0);
    if (nowMs >= lookAtMs) {
      lookAtMs = nowMs + lookMs;
      if (link.people().some(({ isBot }) => !isBot)) companyAtMs = nowMs;
      look(scene);
    }
    if (nowMs - companyAtMs >= aloneMs) return 'alone';
    await clock.sleep(tickMs, signal);
  }
}

function look({ link, ears, room }: Scene): void {
  const { channel, floor, gate, mouth, panel } = room;
  panel.look({
    channelName: channel.name,
    people: link.people(),
    gate,
    talking: ears.talking(),
    current: floor.next,
    sounds: mouth.sounds,
  });
}

/** Whatever is stopped or taken back gives the floor to the next; what a lost link kept from being heard comes again. */
async function speakAll(room: Conversation, signal: AbortSignal): Promise<never> {
  for await (const matter of room.floor.matters(signal)) {
    const until = AbortSignal.any([signal, matter.claim.signal]);
    try {
      if (matter.kind === 'question') await answer(matter, room, until);
      else await readOut(matter, room, until);
    } catch (error) {
      if (matter.claim.takenBack && !signal.aborted) continue;
      if (signal.aborted) interrupt(matter, room);
      throw error;
    }
  }
  throw new Error('the line of matters never ends');
}

/** Nothing is said twice: what was heard in part is over. */
function interrupt(matter: Matter, { floor, mouth }: Conversation): void {
  if (matter.claim.dropped) return;
  if (mouth.sounded) matter.claim.drop('lost');
  else floor.putBack(matter);
}

/** Recognition starts at once, also of what has to wait for its answer. Whoever has left is still answered. */
function receive(utterance: Utterance, { link, room }: Scene): void {
  const { channel, floor, parts, withdrawals } = room;
  const { speakerId } = utterance;
  const name = link.people().find(({ id }) => id === speakerId)?.name ?? 'Someone';
  const withdrawn = withdrawals.of(speakerId);
  const one = said(utterance, name, parts.transcriber, AbortSignal.any([room.signal, withdrawn]));
  const { endedAtMs } = utterance;
  const question: Question = { kind: 'question', said: one, endedAtMs, claim: new Claim() };
  floor.ask(question);
  one.transcript().then(
    ({ text }) => {
      if (withdrawn.aborted) return;
      question.words = { text, atMs: parts.clock.nowMs() };
      parts.onEvent(channel.guildId, { kind: 'recognised', speakerId, name, text });
    },
    () => undefined, // whoever answers asks again and tells
  );
}
