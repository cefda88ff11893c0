import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav } from '#src/audio/formats/wav.ts';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { type ProcessEnd, runToEnd } from '#test/fakes/bot-process.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import type { MockVoice } from '#test/fakes/providers/mock-sound.ts';
import { makeRemoteSettings } from '#test/scenarios/setup/bot-setup.ts';
import { playScenario } from '#test/scenarios/setup/scenario-setup.ts';
import { inSharedTime } from '#test/scenarios/setup/shared-time.ts';

/** `npm start -- --once` in an empty folder, and the WAV it left, if it did. */
async function runOnce(
  environment: Readonly<Record<string, string>> = {},
): Promise<ProcessEnd & { readonly kept: Pcm | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'));
  try {
    const ended = await runToEnd(
      { ...environment, ...inSharedTime(), DATA_DIR: folder },
      ['--once'],
    );
    const wav = await readFile(join(folder, 'sandbox', 'adam-heard.wav')).catch(
      () => undefined,
    );
    return { ...ended, kept: wav && readWav(wav) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

playScenario(
  'a newcomer without any account hears the bot answer a plain question',
  async () => {
    const { code, out, complaints, kept } = await runOnce();
    expect(out).toMatch(
      /^ {2}Adam {3}What time is it\?\n {2}Nova {3}The time is now .*\n/,
    );
    const [, share] =
      /the received sound holds (\d+) % of the spoken words/.exec(out) ?? [];
    expect(Number(share)).toBeGreaterThanOrEqual(95);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
    expect(kept && getDurationMs(kept)).toBeGreaterThan(1_000);
  },
);

playScenario(
  'providers from the environment are used, and a hum is no answer in words',
  async () => {
    await using providers = await openMockProviders({
      pace: instantPace,
      hears: 'hello',
    });
    const { code, out, kept } = await runOnce(makeRemoteSettings(providers));
    const request = new Set(providers.requests.map(({ endpoint }) => endpoint));
    expect(request).toEqual(new Set(['transcriptions', 'chat', 'speech']));
    expect(out).toContain('failed at words: ');
    expect(code).toBe(1);
    expect(kept && getDurationMs(kept)).toBeGreaterThan(500);
  },
);

playScenario(
  'the first run proves what a newcomer hears through a Realtime server',
  async () => {
    const spoken = readSpeech('human-goforward');
    /** A man who can say one thing. */
    const speakAsMan: MockVoice = (_text, rateHz) =>
      resamplePcm(spoken, rateHz).samples;
    const talk = {
      voice: speakAsMan,
      answer: () => ({ text: 'Go forward ten meters.' }),
    };
    await using providers = await openMockProviders({
      pace: instantPace,
      voice: speakAsMan,
      talk,
    });
    const REALTIME_BASE_URL = providers.baseUrl.replace('http', 'ws');
    const settings = {
      PIPELINE: 'realtime',
      ...makeRemoteSettings(providers),
      REALTIME_BASE_URL,
    };
    const { code, out, complaints } = await runOnce(settings);
    expect(out).toMatch(/^ {2}Nova {3}Go forward ten meters\.$/m);
    expect(out).toMatch(/the received sound holds \d+ % of the spoken words/);
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' });
  },
);
