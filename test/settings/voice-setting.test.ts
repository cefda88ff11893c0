import { toGuildId } from '#src/base/ids.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { createFixedVoiceNames } from '#src/speech/voice-names.ts';
import {
  makeOnlyPipeline,
  openSessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';

const reading = makeOnlyPipeline(
  createChainedPipeline({ chat: new FakeChat([]), synthesizer: new FakeSynthesizer() }),
);
const speaking = { ...reading, names: ['chained', 'realtime'] } as const;

test('a voice that does not read texts is refused, unless a model that speaks may have it', async () => {
  const { settings } = openSessionFixture({ pipelines: reading });
  expect(await settings.setSetting(toGuildId('g'), 'voice', 'marin')).toEqual({
    kind: 'bad',
  });
  const otherRequests = openSessionFixture({ pipelines: speaking }).settings;
  expect(
    await otherRequests.setSetting(toGuildId('g'), 'voice', 'marin'),
  ).toMatchObject({
    kind: 'set',
  });
});

test('a mix of voices is one, too, and is kept to 64 characters', async () => {
  const voices = createFixedVoiceNames(['af_heart', 'af_sky']);
  const { settings } = openSessionFixture({ voices });
  expect(
    await settings.setSetting(toGuildId('g'), 'voice', 'af_heart(2)+af_sky(1)'),
  ).toMatchObject({
    kind: 'set',
  });
  const long = Array.from({ length: 8 }, () => 'af_heart').join('+');
  expect(await settings.setSetting(toGuildId('g'), 'voice', long)).toMatchObject({
    kind: 'bad',
  });
});
