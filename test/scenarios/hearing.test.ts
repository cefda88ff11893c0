import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';
import { speech } from '#test/audio/speech.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/recogniser.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioOptions,
  type ScenarioSetup,
  scenario,
  seat,
  shownWords,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const recogniser = await openRecogniser();
const replies = [
  { match: 'Adam: ', text: 'Yes, Adam.' },
  { match: 'Ben: ', text: 'No, Ben.' },
];
const clips = [
  ['human-cards-004', 'five five'],
  ['human-goforward', 'go forward ten meters'],
  ['synth-flite-slt-what-time-is-it', 'what time is it'],
] as const;

/** A recogniser that hears only words that have ended; each text begins with `start`. */
function openHonest(start = '', more: ScenarioOptions = {}): Promise<ScenarioSetup> {
  const hears: NonNullable<ScenarioOptions['providers']>['hears'] = (pcm) => {
    const text = recogniser.hear(pcm);
    return text === '' ? '' : `${start}${text}`;
  };
  return openScenario({
    ...more,
    providers: { hears, replies, pace: usualPace, ...more.providers },
  });
}

function requestsTo({ providers }: ScenarioSetup, endpoint: string) {
  return providers.requests.filter((request) => request.endpoint === endpoint);
}

/** Everything is understood before anything is answered, and it is answered once. */
async function expectAnswered(
  setup: ScenarioSetup,
  adam: SandboxPerson,
  [clip, words]: (typeof clips)[number],
) {
  const madeBefore = madeTexts(setup).length;
  const { firstPacketAtMs: sinceMs, lastVoicedAtMs } = await adam.say(speech(clip), soon());
  const heard = await adam.listen({ sinceMs, quietMs: 1_000, timeoutMs: 20_000 }, soon());
  expect(heard.firstAudibleAtMs).toBeGreaterThan(lastVoicedAtMs);
  expect(shownWords(setup).at(-1)).toBe(`Adam: ${words}`);
  expect(new Set(madeTexts(setup).slice(madeBefore))).toEqual(new Set(['Yes, Adam.']));
  await expectAlike(heard.pcm, toneOf(['Yes, Adam.']));
}

const profiles: readonly MicrophoneProfile[] = ['gate', 'release', 'open'];

scenario('behind no kind of microphone anybody is cut off or missed', async () => {
  await using setup = await openHonest();
  const adam = await seat(setup, 'Adam');
  await call(setup, adam);
  for (const [n, clip] of clips.entries()) {
    adam.useMicrophone({ profile: profiles[n] ?? 'open' });
    await expectAnswered(setup, adam, clip);
  }
});

scenario('a recogniser on a live connection hears while somebody speaks', async () => {
  await using setup = await openHonest('', {
    providers: { realtime: { recogniseMs: usualPace.recogniseMs } },
    environment: { TRANSCRIPTION_BACKEND: 'realtime' },
  });
  const adam = await callIn(setup, 'Adam');
  let isTalking = true;
  const said = adam.say(speech('human-goforward'), soon()).finally(() => {
    isTalking = false;
  });
  const { calls } = setup.providers.realtime;
  await eventually(() => expect(calls.some(({ soundMs }) => soundMs > 300)).toBe(true));
  expect(isTalking).toBe(true);
  const { firstPacketAtMs: sinceMs } = await said;
  const heard = await adam.listen({ sinceMs, quietMs: 1_000, timeoutMs: 20_000 }, soon());
  await expectAlike(heard.pcm, toneOf(['Yes, Adam.']));
  expect(shownWords(setup).at(-1)).toMatch(/^Adam: go /);
  expect(requestsTo(setup, 'transcriptions')).toEqual([]);
});
