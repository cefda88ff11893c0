import { noGuild } from '#src/base/ids.ts';
import { describeServer } from '#src/provider/models/standard-models.ts';
import {
  type SpokenUsage,
  withVoiceMeter,
} from '#src/speech/fallbacks/metered-voice.ts';
import type {
  EngineUsage,
  ServerUsage,
  Synthesizer,
} from '#src/speech/speech-engine.ts';

const never = new AbortController().signal;
const servedBy = describeServer('speaks', 'http://127.0.0.1:1');
const pcm = { samples: new Int16Array(2_400), rateHz: 24_000, channels: 1 } as const;
const makeUsage = (inputTokens: number, audioOutputTokens: number): ServerUsage => {
  return {
    kind: 'tokens',
    inputTokens,
    outputTokens: audioOutputTokens,
    audioOutputTokens,
  };
};

/** Tells these things, each with 100 ms of sound after it. */
function openSynthesizer(...reported: readonly EngineUsage[]): Synthesizer {
  return {
    async *synthesize(_text, { onUsage }) {
      for (const usage of reported) {
        onUsage?.(usage);
        yield pcm;
      }
    },
  };
}

async function spokenBy(
  voice: Synthesizer,
  pieces = 9,
): Promise<readonly SpokenUsage[]> {
  const spoken: SpokenUsage[] = [];
  let left = pieces;
  const metered = withVoiceMeter(voice, {
    guildId: noGuild,
    recordSpeech: (usage) => void spoken.push(usage),
  });
  for await (const _ of metered.synthesize('Four.', {}, never)) if (--left === 0) break;
  return spoken;
}

test('of a text in several requests all that was counted is told at once', async () => {
  const usage = [{ by: servedBy }, { by: servedBy, count: makeUsage(3, 20) }];
  expect(await spokenBy(openSynthesizer(...usage, ...usage))).toEqual([
    { characters: 5, ms: 400, usage: { by: servedBy, count: makeUsage(6, 40) } },
  ]);
});

test('a text that was cut short is estimated, whatever was counted, and it is known who spoke', async () => {
  const usage = [{ by: servedBy }, { by: servedBy, count: makeUsage(3, 20) }];
  expect(await spokenBy(openSynthesizer(...usage), 2)).toEqual([
    { characters: 5, ms: 200, usage: { by: servedBy } },
  ]);
});

test('where one of several requests was not counted, all are estimated', async () => {
  const usage = [
    { by: servedBy },
    { by: servedBy, count: makeUsage(3, 20) },
    { by: servedBy },
  ];
  expect(await spokenBy(openSynthesizer(...usage))).toMatchObject([
    { usage: { by: servedBy } },
  ]);
  expect((await spokenBy(openSynthesizer(...usage)))[0]?.usage?.count).toBeUndefined();
});
