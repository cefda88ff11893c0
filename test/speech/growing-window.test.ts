import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { listenWith } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { heardBy, listeningContract, say } from '#test/contracts/listening.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { hearWords, speakWords } from '#test/fakes/spoken-words.ts';

const staying = new AbortController().signal;
const five = speakWords('one two three four five');
const hearing = () => new FakeTranscriber({ texts: hearWords });
const sentMs = ({ heard }: FakeTranscriber) => heard.map((pcm) => Math.round(durationMs(pcm)));
const listen = (transcriber: FakeTranscriber) => listenWith(transcriber, () => {}, staying);

listeningContract('a growing window', hearing, [five, speakWords('six seven nova stop')]);

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

test('the sound so far is sent in pauses alone', async () => {
  const transcriber = hearing();
  using listening = listen(transcriber);
  const words = Array.from({ length: 40 }, () => 'one');
  for (const word of words) {
    await say(listening, speakWords(word));
    await heardBy(listening);
  }
  expect(sentMs(transcriber)).toEqual(words.map((_, n) => 300 * (n + 1)));
});

test('a recognition that fails says why and may be asked again', async () => {
  const error = new BotError('provider.late', true, 'too slow');
  let broken = true;
  const texts = (pcm: Parameters<typeof hearWords>[0]) => {
    if (broken) throw error;
    return hearWords(pcm);
  };
  using listening = listen(new FakeTranscriber({ texts }));
  await say(listening, five);
  await expect(listening.settle(staying)).rejects.toBe(error);
  broken = false;
  expect(await heardBy(listening)).toBe(five.text);
});
