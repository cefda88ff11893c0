import { expect, test } from 'vitest';
import { type ReplyBirth, SpeechOutput } from '#src/conversation/output/speech-output.ts';
import { SpeechPace } from '#src/conversation/output/speech-pace.ts';
import type { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';

const staying = new AbortController().signal;

/** A mouth on a link that takes 20 ms whenever time passes. */
function openOutput() {
  const track = new VoiceTrack();
  const clock = new VirtualClock();
  const pace = new SpeechPace();
  const output = new SpeechOutput(track, clock, undefined, pace);
  const heard: number[] = [];
  const play = async (ms: number) => {
    for (let n = 0; n < ms / 20; n++) {
      const block = track.pull();
      block?.left(clock.nowMs());
      heard.push(block?.samples[479] ?? 0);
      await clock.advance(20);
    }
  };
  const say = (words: string, loud: number, ms: number, how?: ReplyBirth, signal = staying) =>
    output.speak(
      signal,
      async (reply: SpokenReply) => {
        const samples = new Int16Array(ms * 24).fill(loud);
        await reply.write({ samples, rateHz: 24_000, channels: 1 }, words, signal);
        reply.end();
        await output.played(reply, signal);
      },
      how,
    );
  return { track, clock, output, heard, pace, play, say };
}

test('what is being said can be ducked and comes back', async () => {
  const { output, heard, play, say } = openOutput();
  const saying = say('Five short words of this.', 10_000, 200);
  await play(40);
  output.duck(12, 20);
  await play(40);
  output.unduck(20);
  await play(160);
  await saying;
  expect(heard.map((level) => Math.round(level / 100))).toEqual([
    ...[100, 100, 25, 25],
    ...[100, 100, 100, 100, 100, 100, 0, 0],
  ]);
});

test('a pause keeps the rest, however long the link is quiet meanwhile', async () => {
  const { output, play, say } = openOutput();
  const saying = say('One two three four.', 9000, 1000);
  await play(500);
  output.pause();
  await play(20_000);
  output.resume();
  await play(1000);
  await saying;
});

test('a pause that begins at one look at the link, and ends just before the next, is no stall', async () => {
  const { output, heard, play, say } = openOutput();
  const saying = say('One two three four.', 9000, 15_000);
  await play(10_000);
  output.pause();
  await play(9_960);
  output.resume();
  const before = heard.length;
  await play(10_000);
  await saying;
  expect(heard.slice(before).filter((level) => level !== 0).length).toBeGreaterThan(250);
});

test('a reply nobody resumes is given up', async () => {
  const { output, play, say, clock } = openOutput();
  const saying = say('Forgotten.', 9000, 1000);
  await play(500);
  output.pause();
  await clock.advance(50_000);
  await saying;
  expect(output.sounds).toBe(false);
});

test('whether something may be talked down is known before it sounds', async () => {
  const { output, play, say } = openOutput();
  expect(output.interruptible).toBe(true);
  const saying = say('I only hear people who said yes.', 9000, 100, { interruptible: false });
  expect(output.interruptible).toBe(false);
  await play(200);
  await saying;
  expect(output.interruptible).toBe(true);
});

test('with nothing to say every gesture is without effect', () => {
  const { output } = openOutput();
  output.duck(12, 20);
  output.unduck(20);
  output.pause();
  output.resume();
});

test('the last answer is said again, slower, and nothing else takes its place', async () => {
  const { output, heard, pace, play, say } = openOutput();
  for (const [words, loud, how] of [
    ['The answer.', 1000, { isAnswer: true }],
    ['A notice.', 5000, undefined],
  ] as const) {
    const saying = say(words, loud, 400, how);
    await play(500);
    await saying;
  }
  const from = heard.length;
  pace.change('slower');
  const again = output.again(staying);
  await play(600);
  expect(await again).toBe('completed');
  const levels = heard.slice(from).filter((level) => level > 0);
  expect(levels.length).toBeGreaterThanOrEqual(23); // 470 ms, the last sample nearly silent
  expect(levels[10]).toBe(1000);
});

test('with no answer yet there is nothing to say again', async () => {
  const { output } = openOutput();
  expect(await output.again(staying)).toBe('empty');
});

test('an answer nobody heard does not become the last one', async () => {
  const { output } = openOutput();
  await output.speak(staying, async () => settled(), { isAnswer: true });
  expect(await output.again(staying)).toBe('empty');
});

test('what is asked for lasts: everything after it is slower, too', async () => {
  const { heard, pace, play, say } = openOutput();
  pace.change('slower');
  const saying = say('The next answer.', 1000, 400, { isAnswer: true });
  await play(600);
  await saying;
  const levels = heard.filter((level) => level > 0);
  expect(levels.length).toBeGreaterThanOrEqual(23); // 470 ms, the last sample nearly silent
  expect(levels[10]).toBe(1000);
});

test('an answer that was given slower is said again at the usual speed once that is taken back', async () => {
  const { output, heard, pace, play, say } = openOutput();
  pace.change('slower');
  const saying = say('The answer.', 1000, 400, { isAnswer: true });
  await play(600);
  await saying;
  pace.change('usual');
  const from = heard.length;
  const again = output.again(staying);
  await play(600);
  await again;
  const sounding = heard.slice(from).filter((level) => level > 0).length;
  expect([19, 20]).toContain(sounding); // 400 ms
});
