import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';

/** Notes what it is told to expect. */
function collectHints(texts: readonly string[]) {
  const reported: (readonly string[])[] = [];
  const fake = new FakeTranscriber({ texts });
  const transcriber: Transcriber = {
    transcribe(pcm, signal, options) {
      reported.push(options?.hints ?? []);
      return fake.transcribe(pcm, signal);
    },
  };
  return { reported, transcriber };
}

const hostile = { ...eva, id: toPersonId('mallory'), name: '<b>\r\nMallory</b>' };

test('the recogniser expects the names of the bot, and of those present who agreed', async () => {
  const { reported, transcriber } = collectHints(['what time is it']);
  const overrides = { transcriber, names: ['Computer'] };
  const fixture = await joinLounge(overrides, [adam, eva, hostile]);
  await passTime(fixture, 11_000);
  await hearSpeech(fixture, 6_000);
  expect(reported.at(-1)).toEqual(expect.arrayContaining(['Computer', 'Adam']));
  expect(reported.at(-1)?.join()).not.toMatch(/Eva|Mallory/);
  await fixture.privacy.allow(toGuildId('g'), toPersonId('mallory'));
  await hearSpeech(fixture, 6_000);
  expect(reported.at(-1)?.at(-1)).toMatch(/^[^<>\r\n]*Mallory[^<>\r\n]*$/);
});
