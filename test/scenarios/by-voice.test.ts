import { expect } from 'vitest';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const receipt = 'I stopped listening. Press Resume when you want me back.';

scenario(
  'what waits for Confirm is asked aloud with all that it would do, beside the button',
  async () => {
    const argumentsJson = JSON.stringify({ deed: 'volume', track: 'voice', level: 40 });
    const replies = [
      { match: /^Nova, utterance \d+!$/, text: 'no' }, // the check of the own words
      { match: 'utterance', call: { name: 'change_track', argumentsJson } },
    ];
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    await converse(setup, adam, question);
    await eventually(() =>
      expect(madeTexts(setup).join(' ')).toContain('level: 40? Say yes, or press the button.'),
    );
    const shown = setup.sandbox.messages('Lounge').map(({ text }) => text);
    expect(shown.some((text) => text.includes('press Confirm within 60 s'))).toBe(true);
  },
);

scenario(
  '"stop listening" is told aloud, and nothing is heard or sent to a model afterwards',
  async () => {
    const hears = () => 'Nova, stop listening.';
    await using setup = await openScenario({ providers: { hears } });
    const adam = await callIn(setup, 'Adam');
    await converse(setup, adam, question);
    await eventually(() => expect(madeTexts(setup).join(' ')).toContain(receipt));
    expect(setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat')).toEqual([]);
  },
);
