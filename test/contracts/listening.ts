import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listenWith } from '#src/speech/listen.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/ports.ts';
import type { ContractUtterance } from './transcriber.ts';

const staying = new AbortController().signal;
const silence = new Int16Array(16_000);

/** In pieces of 20 ms, with time for whatever they set off. */
export async function say(
  listening: Listening,
  { pcm }: Pick<ContractUtterance, 'pcm'>,
): Promise<void> {
  for (let at = 0; at < pcm.samples.length; at += 320) {
    listening.push(pcm.samples.slice(at, at + 320));
    await turn();
  }
}

export async function heardBy(listening: Listening): Promise<string> {
  return (await listening.settle(staying)).text;
}

/** Contract of every live recogniser; both utterances last longer than a second. */
export function listeningContract(
  name: string,
  engine: () => Transcriber,
  utterances: readonly [ContractUtterance, ContractUtterance],
  hasPartials = engine().listen !== undefined,
): void {
  const open: Open = (onPartial = () => {}, signal = staying) =>
    listenWith(engine(), onPartial, signal);
  if (hasPartials) partialContract(name, open, utterances[0]);
  hearingContract(name, open, utterances);
  leavingContract(name, open, utterances);
}

type Open = (onPartial?: OnPartial, signal?: AbortSignal) => Listening;

function partialContract(name: string, open: Open, one: ContractUtterance) {
  test(`${name}: words come while somebody speaks, and all of them when they pause`, async () => {
    const partials: string[] = [];
    using listening = open((text) => partials.push(text));
    await say(listening, one);
    await expect.poll(() => partials.length).toBeGreaterThan(0);
    expect(await heardBy(listening)).toBe(one.text);
  });
}

function hearingContract(
  name: string,
  open: Open,
  [one, other]: readonly [ContractUtterance, ContractUtterance],
) {
  test(`${name}: who goes on after a pause is heard from the beginning`, async () => {
    using listening = open();
    await say(listening, one);
    expect(await heardBy(listening)).toBe(one.text);
    await say(listening, other);
    expect(await heardBy(listening)).toBe(`${one.text} ${other.text}`);
  });

  test(`${name}: people who speak at once are heard apart`, async () => {
    using first = open();
    using second = open();
    await Promise.all([say(first, one), say(second, other)]);
    const texts = await Promise.all([heardBy(first), heardBy(second)]);
    expect(texts).toEqual([one.text, other.text]);
  });
}

function leavingContract(
  name: string,
  open: Open,
  [one, other]: readonly [ContractUtterance, ContractUtterance],
) {
  test(`${name}: an aborted settle throws the caller's reason, and the next one gives the text`, async () => {
    using listening = open();
    await say(listening, one);
    const leaving = new AbortController();
    const reason = new Error('went on speaking');
    const settled = listening.settle(leaving.signal);
    queueMicrotask(() => leaving.abort(reason));
    await expect(settled).rejects.toBe(reason);
    await expect(listening.settle(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await heardBy(listening)).toBe(one.text);
  });

  test(`${name}: disposed of or aborted, it takes no more sound and gives no more text`, async () => {
    const leaving = new AbortController();
    const aborted = open(() => {}, leaving.signal);
    const disposed = open();
    await Promise.all([say(aborted, one), say(disposed, one)]);
    const reason = new Error('left');
    const [waiting, late] = [aborted.settle(staying), disposed.settle(staying)];
    leaving.abort(reason);
    disposed[Symbol.dispose]();
    await expect(waiting).rejects.toBe(reason);
    await expect(late).rejects.toThrow();
    for (const listening of [aborted, disposed]) {
      listening.push(silence);
      await expect(listening.settle(staying)).rejects.toThrow();
    }
    using next = open();
    await say(next, other);
    expect(await heardBy(next)).toBe(other.text);
  });
}
