import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openListening } from '#src/speech/listen.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/speech-engine.ts';
import type { ContractUtterance } from './transcriber-contract.ts';

const neverAborted = new AbortController().signal;
const silentPcm = new Int16Array(16_000);

/** In pieces of 20 ms, with time for whatever they set off. */
export async function sendUtterance(
  listening: Listening,
  { pcm }: Pick<ContractUtterance, 'pcm'>,
) {
  for (let at = 0; at < pcm.samples.length; at += 320) {
    listening.push(pcm.samples.slice(at, at + 320));
    await turn();
  }
}

export async function collectHeard(listening: Listening) {
  return (await listening.settle(neverAborted)).text;
}

/** Contract of every live recogniser; both utterances last longer than a second. */
export function testListening(
  name: string,
  engine: () => Transcriber,
  utterances: readonly [ContractUtterance, ContractUtterance],
  hasPartials = engine().listen !== undefined,
) {
  const startListening: OpenListening = (onPartial = () => {}, signal = neverAborted) =>
    openListening(engine(), onPartial, signal);
  if (hasPartials) testPartials(name, startListening, utterances[0]);
  testHearing(name, startListening, utterances);
  testLeaving(name, startListening, utterances);
}

type OpenListening = (onPartial?: OnPartial, signal?: AbortSignal) => Listening;

function testPartials(name: string, open: OpenListening, utterance: ContractUtterance) {
  test(`${name}: words come while somebody speaks, and all of them when they pause`, async () => {
    const partials: string[] = [];
    using listening = open((text) => partials.push(text));
    await sendUtterance(listening, utterance);
    await expect.poll(() => partials.length).toBeGreaterThan(0);
    expect(await collectHeard(listening)).toBe(utterance.text);
  });
}

function testHearing(
  name: string,
  open: OpenListening,
  [one, other]: readonly [ContractUtterance, ContractUtterance],
) {
  test(`${name}: who goes on after a pause is heard from the beginning`, async () => {
    using listening = open();
    await sendUtterance(listening, one);
    expect(await collectHeard(listening)).toBe(one.text);
    await sendUtterance(listening, other);
    expect(await collectHeard(listening)).toBe(`${one.text} ${other.text}`);
  });

  test(`${name}: people who speak at once are heard apart`, async () => {
    using first = open();
    using second = open();
    await Promise.all([sendUtterance(first, one), sendUtterance(second, other)]);
    const texts = await Promise.all([collectHeard(first), collectHeard(second)]);
    expect(texts).toEqual([one.text, other.text]);
  });
}

function testLeaving(
  name: string,
  open: OpenListening,
  [one, other]: readonly [ContractUtterance, ContractUtterance],
) {
  test(`${name}: an aborted settle throws the caller's reason, and the next one gives the text`, async () => {
    using listening = open();
    await sendUtterance(listening, one);
    const leaving = new AbortController();
    const reason = new Error('went on speaking');
    const settled = listening.settle(leaving.signal);
    queueMicrotask(() => leaving.abort(reason));
    await expect(settled).rejects.toBe(reason);
    await expect(listening.settle(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await collectHeard(listening)).toBe(one.text);
  });

  test(`${name}: disposed of or aborted, it takes no more sound and gives no more text`, async () => {
    const leaving = new AbortController();
    const aborted = open(() => {}, leaving.signal);
    const disposed = open();
    await Promise.all([sendUtterance(aborted, one), sendUtterance(disposed, one)]);
    const reason = new Error('left');
    const [waiting, late] = [
      aborted.settle(neverAborted),
      disposed.settle(neverAborted),
    ];
    leaving.abort(reason);
    disposed[Symbol.dispose]();
    await expect(waiting).rejects.toBe(reason);
    await expect(late).rejects.toThrow();
    for (const listening of [aborted, disposed]) {
      listening.push(silentPcm);
      await expect(listening.settle(neverAborted)).rejects.toThrow();
    }
    using next = open();
    await sendUtterance(next, other);
    expect(await collectHeard(next)).toBe(other.text);
  });
}
