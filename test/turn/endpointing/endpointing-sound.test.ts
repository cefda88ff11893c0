import { expect, test } from 'vitest';
import type { EndpointingEvent } from '#src/turn/endpointing/endpointing.ts';
import { inOrder, kinds, runEvents, ticks, windows, word, wordEndMs } from './endpointing-run.ts';

test('faint windows after a loud voice are its echo: the wait counts from where it was loud', () => {
  const loud = windows(0, ...word).map((window) => ({ ...window, levelDb: -30 }));
  const faint = windows(wordEndMs, 0.9, 0.9, 0.9).map((window) => ({ ...window, levelDb: -52 }));
  const settled = windows(wordEndMs + 96, ...Array(30).fill(0.05));
  const text: EndpointingEvent = { kind: 'text', text: 'stop the music', atMs: wordEndMs + 200 };
  const all = inOrder(...loud, ...faint, ...settled, text, ...ticks(wordEndMs, 1200));
  const ended = runEvents(all).at(-1);
  expect(ended).toMatchObject({ kind: 'ended', toMs: wordEndMs + 96 });
  expect((ended?.notedAtMs ?? 0) - wordEndMs).toBeLessThan(340);
});

test('whoever trails off is not cut: faint voice is still voice', () => {
  const loud = windows(0, ...word).map((window) => ({ ...window, levelDb: -30 }));
  const faint = windows(wordEndMs, ...Array(60).fill(0.9)).map((window) => ({
    ...window,
    levelDb: -52,
  }));
  expect(kinds(runEvents(inOrder(...loud, ...faint, ...ticks(wordEndMs, 1900))))).toEqual([
    'began',
  ]);
});

test('a text that breaks off where more sounded before the microphone closed is asked for again, once', () => {
  const sounding = windows(wordEndMs, 0.1, 0.1, 0.1);
  const closing: EndpointingEvent[] = [110, 130].map((ms) => ({
    kind: 'silence-frame',
    atMs: wordEndMs + ms,
  }));
  const reported = (text: string, ms: number): EndpointingEvent => ({
    kind: 'text',
    text,
    atMs: wordEndMs + ms,
  });
  const after = (second: string) =>
    kinds(
      runEvents(
        inOrder(
          ...windows(0, ...word),
          ...sounding,
          ...closing,
          reported('ten of', 190),
          reported(second, 310),
          ...ticks(wordEndMs, 1700),
        ),
      ),
    ).filter((kind) => kind !== 'likely-over');
  const twice = ['began', 'paused', 'long-pause', 'resumed', 'paused', 'long-pause', 'ended'];
  expect(after('ten of clubs')).toEqual(twice);
  expect(after('ten of')).toEqual(twice);
});

test('a text that comes before its pause is noticed is not taken for all that was said', () => {
  const partial: EndpointingEvent = { kind: 'text', text: 'what time is it', atMs: wordEndMs + 10 };
  const heard = runEvents(inOrder(...windows(0, ...word), partial, ...ticks(wordEndMs, 2000)));
  expect(heard.map(({ kind, notedAtMs }) => [kind, notedAtMs - wordEndMs]).slice(1)).toEqual([
    ['paused', 80],
    ['long-pause', 200],
    ['likely-over', 200],
    ['ended', 300],
  ]);
});
