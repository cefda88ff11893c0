import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { resample } from '#src/audio/resample.ts';
import { speech } from '#test/audio/speech.ts';
import { runToEnd } from '#test/fakes/bot-process.ts';
import { instantPace, openMockProviders } from '#test/fakes/providers/providers.ts';
import type { MockVoice } from '#test/fakes/providers/sound.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import { scenario } from '#test/scenarios/setup/scenario-setup.ts';

const spoken = speech('human-goforward');
const text = 'Go forward ten meters.';
/** A man who can say one thing. */
const voice: MockVoice = (_text, rateHz) => resample(spoken, rateHz).samples;

scenario('the first run proves what a newcomer hears through a Realtime server', async () => {
  await using providers = await openMockProviders({
    pace: instantPace,
    voice,
    talk: { voice, answer: () => ({ text }) },
  });
  const { baseUrl } = providers;
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  try {
    const { code, out, complaints } = await runToEnd(
      {
        PIPELINE: 'realtime',
        DATA_DIR: folder,
        ...remote(providers),
        REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
      },
      ['--once'],
    );
    expect(out).toMatch(/^ {2}Nova {3}Go forward ten meters\.$/m);
    expect(out).toMatch(/the received sound holds \d+ % of the spoken words/);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
