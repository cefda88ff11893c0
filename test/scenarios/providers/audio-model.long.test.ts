import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  madeTexts,
  openScenario,
  scenario,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const text = 'The Millau Viaduct, I think.';

scenario(
  'a model that hears and speaks answers in its own voice, and is told of it later',
  async () => {
    await using setup = await openScenario({
      environment: { PIPELINE: 'audio-model' },
      providers: { replies: [{ match: 'utterance', text }] },
    });
    const adam = await callIn(setup, 'Adam');
    for (const _ of ['first', 'second']) {
      const { heard } = await converse(setup, adam, question);
      await expectAlike(heard.pcm, toneOf([text]));
    }
    expect(madeTexts(setup)).not.toContain(text);
    const asked = setup.providers.requests.flatMap(({ endpoint, body }) =>
      endpoint === 'chat' ? [(body?.messages ?? []) as readonly { role: string }[]] : [],
    );
    const last = JSON.stringify(asked.at(-1));
    expect(last.match(/input_audio"/g)).toHaveLength(2); // its type and its field, once
    expect(asked.at(-1)?.find(({ role }) => role === 'assistant')).toHaveProperty('audio.id');
  },
);
