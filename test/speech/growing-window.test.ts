import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { listenWith } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { heardBy, listeningContract, say } from '#test/contracts/listening.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { hearWords, speakWords } from '#test/fakes/spoken-words.ts';

const staying = new AbortController().signal;
const five = speakWords('one two three four five');
const hearing = () => new FakeTranscriber({ texts: hearWords });
const sentMs = ({ heard }: FakeTranscriber) => heard.map((pcm) => Math.round(durationMs(pcm)));
const listen = (transcriber: FakeTranscriber) => listenWith(transcriber, () => {}, staying);

listeningContract('a growing window', hearing, [five, speakWords('six seven nova stop')]);

test('partials come after 0.8 s of sound and at doubling lengths', async () => {
  const transcriber = hearing();
  const partials: string[] = [];
  using listening = listenWith(transcriber, (text) => partials.push(text), staying);
  await say(listening, speakWords('one two three four five six seven eight nine ten nova stop'));
  expect(sentMs(transcriber)).toEqual([800, 1600, 3200]);
  expect(partials).toEqual(['one two', 'one two three four five', partials[2]]);
});

test('sound without anything new since the last text is not sent again', async () => {
  const transcriber = hearing();
  using listening = listen(transcriber);
  await say(listening, speakWords('one two'));
  await heardBy(listening);
  listening.push(new Int16Array(3200));
  expect(await heardBy(listening)).toBe('one two');
  expect(sentMs(transcriber)).toEqual([600]);
});

test('of the silence around words no more is sent than may hold a soft beginning and end', async () => {
  const words = [{ text: 'two', startMs: 150, endMs: 450 }];
  const transcriber = hearing();
  const reported: Transcriber = {
    async *transcribe(pcm, signal) {
      for await (const update of transcriber.transcribe(pcm, signal))
        yield update.kind === 'final'
          ? { kind: 'final', transcript: { ...update.transcript, words } }
          : update;
    },
  };
  using listening = listenWith(reported, () => {}, staying);
  listening.push(new Int16Array(400 * 16).fill(20));
  await say(listening, speakWords('two'));
  listening.push(new Int16Array(500 * 16));
  const transcript = await listening.settle(staying);
  expect(sentMs(transcriber)).toEqual([150 + 240 + 200]);
  expect(transcript.words).toEqual([{ text: 'two', startMs: 400, endMs: 700 }]);
});

test('a pause ends the partial under way, unless that one already holds every word', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: hearWords, tookMs: 100, clock });
  using listening = listen(transcriber);
  await say(listening, speakWords('one two three'));
  const settled = heardBy(listening);
  await clock.advance(100);
  expect(await settled).toBe('one two three');
  expect(sentMs(transcriber)).toEqual([800, 900]);
  await say(listening, speakWords('four five six')); // 1.6 s lie within "six"
  listening.push(new Int16Array(320));
  const again = heardBy(listening);
  await clock.advance(100);
  expect(await again).toBe('one two three four five six');
});

test('whoever pauses at every word pays for the pauses, not for partials too', async () => {
  const transcriber = hearing();
  using listening = listen(transcriber);
  const words = Array.from({ length: 40 }, () => 'one');
  for (const word of words) {
    await say(listening, speakWords(word));
    await heardBy(listening);
  }
  expect(sentMs(transcriber)).toEqual(words.map((_, n) => 300 * (n + 1)));
});

test('all sound sent is at most three times the utterance and five seconds', async () => {
  const transcriber = hearing();
  using listening = listen(transcriber);
  const long = speakWords(Array.from({ length: 100 }, () => 'two').join(' '));
  await say(listening, long);
  await heardBy(listening);
  const sum = sentMs(transcriber).reduce((all, ms) => all + ms, 0);
  expect(sum).toBeLessThanOrEqual(3 * durationMs(long.pcm) + 5000);
});

test('a partial that fails is left out, a settle that fails says why and may be asked again', async () => {
  const error = new BotError('provider.late', true, 'too slow');
  let broken = true;
  const texts = (pcm: Parameters<typeof hearWords>[0]) => {
    if (broken) throw error;
    return hearWords(pcm);
  };
  const partials: string[] = [];
  const listening = listenWith(
    new FakeTranscriber({ texts }),
    (text) => partials.push(text),
    staying,
  );
  await say(listening, five);
  await expect(listening.settle(staying)).rejects.toBe(error);
  broken = false;
  expect(await heardBy(listening)).toBe(five.text);
  expect(partials).toEqual([]);
  listening[Symbol.dispose]();
});

test('of people among themselves no partials are asked for', async () => {
  const transcriber = hearing();
  const sent: number[] = [];
  const lookAhead = { mayStart: () => false, sent: (ms: number) => void sent.push(ms) };
  using listening = listenWith(transcriber, () => {}, staying, lookAhead);
  await say(listening, five);
  expect(await heardBy(listening)).toBe(five.text);
  expect(sentMs(transcriber)).toEqual(sent);
  expect(sent.length).toBe(1);
});
