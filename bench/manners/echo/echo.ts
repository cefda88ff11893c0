import { readFile } from 'node:fs/promises';
import {
  type BenchChannel,
  greetingMs,
  isAtRest,
  openChannel,
  peopleOf,
} from '#bench/manners/channel.ts';
import { spread } from '#bench/manners/microphones.ts';
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
    const reported = `${place.lateMs} ms late, ${place.gainDb} dB`;
    const stop = stops[(n * 7) % stops.length] ?? { voice: '', say: '' };
    const channel = await openEchoChannel(sound);
    const loud = new Loudspeakers(channel, person, place);
    await loud.pass(() => channel.clock.nowMs() > greetingMs);
    if (!(await isHeardOut(channel, loud))) misses.push(reported);
    if (!(await isStopped(channel, loud, stop)))
      unheeded.push(`${reported}, ${stop.voice}: ${stop.say}`);
  }
  return { tried: all.length, misses, unheeded };
}

async function openEchoChannel(sound: Int16Array): Promise<BenchChannel> {
  let at = 0;
  const soundOf = (piece: Pcm): Pcm => ({
    ...piece,
    samples: piece.samples.map(() => sound[at++ % sound.length] ?? 0),
  });
  return await openChannel(peopleOf(1), () => 'long', { soundOf });
}

async function isHeardOut(channel: BenchChannel, loud: Loudspeakers): Promise<boolean> {
  const { clock, happened, minds } = channel;
  const [asked, before] = [minds.asked.length, happened.length];
  await ask(channel, loud);
  const lateMs = clock.nowMs() + answerMs;
  const answers = () => happened.slice(before).flatMap(({ event }) => answerOf(event));
  await loud.pass(() => answers().length > 0 || clock.nowMs() > lateMs);
  const restedMs = clock.nowMs() + forGoodMs;
  await loud.pass(() => clock.nowMs() > restedMs);
  const [only] = answers();
  return minds.asked.length === asked + 1 && answers().length === 1 && only?.isWhole === true;
}

async function isStopped(channel: BenchChannel, loud: Loudspeakers, stop: Stop): Promise<boolean> {
  const { clock, lastSound, fixture } = channel;
  fixture.talk.stop('g');
  await ask(channel, loud);
  const saysMs = clock.nowMs() + speaksMs;
  await loud.pass(() => clock.nowMs() >= saysMs);
  const { toMs } = sayOver(channel, loud, stop.say, await stopSound(stop));
  await loud.pass(() => clock.nowMs() > toMs + silentMs + forGoodMs);
  return isAtRest(channel) && lastSound.lastMs <= toMs + silentMs;
}

/** Returns when the answer sounds. */
async function ask(channel: BenchChannel, loud: Loudspeakers): Promise<void> {
  const { clock, lastSound } = channel;
  const calmMs = clock.nowMs() + 2_000;
  await loud.pass(() => clock.nowMs() >= calmMs);
  const question = await readSound('slt/tell-us-a-scary-story', codec, 16_000);
  const { toMs } = sayOver(channel, loud, 'Tell us a scary story.', question);
  const lateMs = toMs + 3_000;
  await loud.pass(() => lastSound.lastMs > toMs || clock.nowMs() > lateMs);
}

function sayOver(channel: BenchChannel, loud: Loudspeakers, text: string, sound: Int16Array) {
  const fromMs = channel.clock.nowMs() + 20;
  const words = spread(text, 20 * Math.floor(sound.length / 320));
  const utterance = channel.microphones.note(person, text, fromMs, words);
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
