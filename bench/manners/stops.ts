import { readFile } from 'node:fs/promises';
import { percentile } from '#bench/table.ts';
import { unpack } from '#bench/turns/clips.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import { heldOutStops } from '#test/turn/overlap/interjections-held-out.ts';
import { type BenchChannel, goTo, isAtRest, openRoom, peopleOf, say, until } from './room.ts';

/** Somebody who says stop. */
export type Stop = { readonly voice: string; readonly say: string };

export type StopWords = {
  readonly tried: number;
  readonly missed: readonly string[];
};

/** From the first packet of the word to the last frame of its speech. */
export type SpokenStops = StopWords & { readonly p50Ms: number; readonly p95Ms: number };

/** By then it has said hello. */
const greetingMs = 12_000;
/** It speaks for so long before somebody stops it. */
const speaksMs = 1_500;
/** Then must be silent so long after the end of the word, for good. */
const [silentMs, forGoodMs] = [800, 3_000];

export async function readStops(): Promise<readonly Stop[]> {
  const { voices, say: texts }: { voices: string[]; say: string[] } = JSON.parse(
    await readFile(new URL('stops.json', import.meta.url), 'utf8'),
  );
  return voices.flatMap((voice) => texts.map((text) => ({ voice, say: text })));
}

export function stopPath({ voice, say: text }: Stop): URL {
  const name = text
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/^-|-$/g, '');
  return new URL(`stops/${voice}-${name}.packets`, import.meta.url);
}

/** As sound: each clip, by the person answered and another in turn, into a long answer. */
export async function stopAloud(stops: readonly Stop[]): Promise<SpokenStops> {
  const room = await openRoom(peopleOf(2), () => 'long');
  await goTo(room, greetingMs);
  const missed: string[] = [];
  const took: number[] = [];
  for (const [n, stop] of stops.entries()) {
    const ms = await silenceAfter(room, stop, n % 2 === 0 ? 'ana' : 'ben');
    if (ms === undefined) missed.push(`${stop.voice}: ${stop.say}`);
    else took.push(ms);
  }
  return {
    tried: stops.length,
    missed,
    p50Ms: percentile(took, 0.5),
    p95Ms: percentile(took, 0.95),
  };
}

async function silenceAfter(
  room: BenchChannel,
  stop: Stop,
  who: string,
): Promise<number | undefined> {
  const { clock, mouth } = room;
  const packets = unpack(await readFile(stopPath(stop)));
  const asked = say(room, 'ana', 'Nova, tell me a long story.', clock.nowMs() + 4_000);
  await goTo(room, asked.toMs);
  await until(room, () => clock.nowMs() - mouth.lastMs <= 20);
  const sound = { packets, ms: packets.length * 20 };
  const { fromMs, toMs } = say(room, who, stop.say, clock.nowMs() + speaksMs, sound);
  await goTo(room, toMs + silentMs + forGoodMs);
  const lastMs = mouth.lastMs;
  const isOver = isAtRest(room);
  room.fixture.talk.stop('g');
  await goTo(room, clock.nowMs() + 2_000);
  return isOver && lastMs - toMs <= silentMs ? Math.max(0, lastMs - fromMs) : undefined;
}

/** As text, in 40 languages: what people say, written before the word data was. `names` is what BOT_NAME holds. */
export function stopsInText(names: readonly string[]): StopWords & { readonly languages: number } {
  const all = Object.entries(heldOutStops).flatMap(([code, texts]) =>
    texts.split('|').map((text) => ({ code, text: text.trim() })),
  );
  const missed = all.filter(({ text }) => classify(text, { isFinal: true, names }).kind !== 'stop');
  return {
    languages: Object.keys(heldOutStops).length,
    tried: all.length,
    missed: missed.map(({ code, text }) => `${code}: ${text}`),
  };
}
