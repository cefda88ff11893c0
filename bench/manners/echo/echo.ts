import { readFile } from 'node:fs/promises';
import { spread } from '#bench/manners/microphones.ts';
import { type BenchChannel, isAtRest, openRoom, peopleOf } from '#bench/manners/room.ts';
import { readStops, type Stop, stopPath } from '#bench/manners/stops.ts';
import { decodeClip, readClips, readSound } from '#bench/turns/clips.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { joined } from '#test/audio/speech.ts';
import { type LoudspeakerPlace, Loudspeakers } from './loudspeakers.ts';

export type EchoFindings = {
  readonly tried: number;
  /** Long answers that their own echo interrupted, or was answered to. */
  readonly misses: readonly string[];
  /** Stops over the echo that were not heeded. */
  readonly unheeded: readonly string[];
};

const codec = await loadOpus();
const person = 'ana';
/** By then it has said hello. */
const greetingMs = 12_000;
/** It is stopped so long after its first sound, and silent so long after the end of the word, for good. */
const [speaksMs, silentMs, forGoodMs] = [6_000, 800, 3_000];
const answerMs = 40_000;

const places: readonly LoudspeakerPlace[] = [80, 150, 250, 400].flatMap((lateMs) =>
  [-20, -14].map((gainDb) => ({ lateMs, gainDb })),
);

/** Somebody with loudspeakers, alone so that whatever is heard is meant: a long answer in peace, then one that is stopped. */
export async function echo(all: readonly LoudspeakerPlace[] = places): Promise<EchoFindings> {
  const [sound, stops] = [await botVoice(), await readStops()];
  const [misses, unheeded]: [string[], string[]] = [[], []];
  for (const [n, place] of all.entries()) {
    const told = `${place.lateMs} ms late, ${place.gainDb} dB`;
    const stop = stops[(n * 7) % stops.length] ?? { voice: '', say: '' };
    const room = await openEchoRoom(sound);
    const loud = new Loudspeakers(room, person, place);
    await loud.pass(() => room.clock.nowMs() > greetingMs);
    if (!(await isHeardOut(room, loud))) misses.push(told);
    if (!(await isStopped(room, loud, stop))) unheeded.push(`${told}, ${stop.voice}: ${stop.say}`);
  }
  return { tried: all.length, misses, unheeded };
}

async function openEchoRoom(sound: Int16Array): Promise<BenchChannel> {
  let at = 0;
  const soundOf = (piece: Pcm): Pcm => ({
    ...piece,
    samples: piece.samples.map(() => sound[at++ % sound.length] ?? 0),
  });
  return await openRoom(peopleOf(1), () => 'long', { soundOf });
}

async function isHeardOut(room: BenchChannel, loud: Loudspeakers): Promise<boolean> {
  const { clock, happened, minds } = room;
  const [asked, before] = [minds.asked.length, happened.length];
  await ask(room, loud);
  const lateMs = clock.nowMs() + answerMs;
  const answers = () => happened.slice(before).flatMap(({ event }) => answerOf(event));
  await loud.pass(() => answers().length > 0 || clock.nowMs() > lateMs);
  const restedMs = clock.nowMs() + forGoodMs;
  await loud.pass(() => clock.nowMs() > restedMs);
  const [only] = answers();
  return minds.asked.length === asked + 1 && answers().length === 1 && only?.isWhole === true;
}

async function isStopped(room: BenchChannel, loud: Loudspeakers, stop: Stop): Promise<boolean> {
  const { clock, mouth, fixture } = room;
  fixture.talk.stop('g');
  await ask(room, loud);
  const saysMs = clock.nowMs() + speaksMs;
  await loud.pass(() => clock.nowMs() >= saysMs);
  const { toMs } = sayOver(room, loud, stop.say, await stopSound(stop));
  await loud.pass(() => clock.nowMs() > toMs + silentMs + forGoodMs);
  return isAtRest(room) && mouth.lastMs <= toMs + silentMs;
}

/** Returns when the answer sounds. */
async function ask(room: BenchChannel, loud: Loudspeakers): Promise<void> {
  const { clock, mouth } = room;
  const calmMs = clock.nowMs() + 2_000;
  await loud.pass(() => clock.nowMs() >= calmMs);
  const question = await readSound('slt/tell-us-a-scary-story', codec, 16_000);
  const { toMs } = sayOver(room, loud, 'Tell us a scary story.', question);
  const lateMs = toMs + 3_000;
  await loud.pass(() => mouth.lastMs > toMs || clock.nowMs() > lateMs);
}

function sayOver(room: BenchChannel, loud: Loudspeakers, text: string, sound: Int16Array) {
  const fromMs = room.clock.nowMs() + 20;
  const words = spread(text, 20 * Math.floor(sound.length / 320));
  const utterance = room.microphones.note(person, text, fromMs, words);
  loud.say(utterance, sound);
  return utterance;
}

function answerOf(event: BenchChannel['happened'][number]['event']) {
  if (event.kind !== 'answered') return [];
  return [{ isWhole: event.finish === 'completed' && event.heardText === event.text }];
}

/** The bot speaks in a voice that nobody else has. */
async function botVoice(): Promise<Int16Array> {
  const ids = [...(await readClips()).keys()].filter((id) => id.startsWith('awb/'));
  const sounds = await Promise.all(ids.map((id) => readSound(id, codec, 48_000)));
  return resample({ samples: joined(sounds), rateHz: 48_000, channels: 1 }, speakRateHz).samples;
}

async function stopSound(stop: Stop): Promise<Int16Array> {
  return decodeClip(await readFile(stopPath(stop)), codec, 16_000);
}
