import { readFileSync } from 'node:fs';
import { OpenAI, toFile } from 'openai';
import { expect } from 'vitest';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { paidEngines } from '#src/conversation/engines/paid-engines.ts';
import { ProgramTranscriptions } from '#src/features/typed/program-transcriptions.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Recordings } from '#src/sources/recordings.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { BudgetAuthority } from '#src/spending/budget-authority.ts';
import { apiBodyBytes } from '#src/web/api/api.ts';
import { openProgramDoor } from '#src/web/http/doors.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { boundless } from '#test/fakes/spending.ts';
import { sharedDecoding } from '#test/sources/sounds.ts';
import { openApi, programPorts } from './api-setup.ts';

const weights = await loadSilero();

/** Somebody who speaks, of test/fixtures/speech, as sound of 16 kHz. */
export function speech(name: string): Pcm {
  return readWav(readFileSync(new URL(`../../fixtures/speech/${name}.wav`, import.meta.url)));
}

/** So many ms in which nobody speaks. */
export function silence(ms: number): Pcm {
  const samples = new Int16Array((ms / 1_000) * listenRateHz);
  return { samples, rateHz: listenRateHz, channels: 1 };
}

/** One after the other as a WAV file, with so much silence, in ms, after each. */
export function recordingOf(parts: readonly Pcm[], pauseMs = 2_500): Uint8Array<ArrayBuffer> {
  const pieces = parts.flatMap(({ samples }) => [samples, silence(pauseMs).samples]);
  const samples = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    samples.set(piece, at);
    at += piece.length;
  }
  return new Uint8Array(writeWav({ samples, rateHz: listenRateHz, channels: 1 }));
}

/** Two sentences with a pause between. */
export const twoSentences = recordingOf([speech('human-cards-004'), speech('human-something')]);

export const wavFile = async (bytes: Uint8Array<ArrayBuffer> = twoSentences) =>
  await toFile(bytes, 'speech.wav', { type: 'audio/wav' });

type Parts = {
  readonly transcriber: Transcriber;
  readonly chat?: ChatModel;
  readonly spending?: BudgetAuthority;
  readonly allowedHosts?: readonly string[];
  readonly models?: readonly string[];
};

/** The API at an address of this machine, over real decoding and voice activity; `openai` asks with a token. */
export async function openTranscriptionsApi(over: Parts) {
  await using stack = new AsyncDisposableStack();
  const { transcriber, chat = new FakeChat([]), spending = boundless } = over;
  const { allowedHosts = [], models = [] } = over;
  const pipelines = {
    names: [],
    open: () => {
      throw new Error('No pipeline answers.');
    },
    engine: () => '',
  };
  const parts = {
    ...openSessionFixture().dependencies,
    ...paidEngines({ chat, transcriber, synthesizer: new FakeSynthesizer(), pipelines }),
    clock: realClock,
    spending,
  };
  const transcriptions = new ProgramTranscriptions(
    parts,
    new Recordings(sharedDecoding, { allowed: new AllowedHosts(allowedHosts) }),
    models,
    weights,
    new AbortController().signal,
  );
  const api = stack.use(
    await openApi(programPorts({ more: [[ProgramTranscriptions, transcriptions]] })),
  );
  await api.add('parley_ear');
  const outcome = await openProgramDoor({
    host: '127.0.0.1',
    port: 0,
    mostBodyBytes: apiBodyBytes,
    onBug: (error) => expect.unreachable(`${error}`),
    routes: (app) => void app.route('/', api.app),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const baseURL = new URL('/v1', stack.use(outcome.server).url).href;
  const openai = new OpenAI({ apiKey: 'parley_ear', baseURL, maxRetries: 0 });
  const closing = stack.move();
  return { api, baseURL, openai, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}
