import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  converse,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  shownMessages,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-goforward');

function written({ sandbox }: ScenarioSetup): string[] {
  return sandbox.messages('Lounge').map((message) => message.text);
}

scenario(
  'with the embedded voice answers in German are written, with the reason once, and those in English are heard',
  async () => {
    let words = 'Wie lange muss man ein Ei kochen?';
    await using setup = await openOwnScenario({
      environment: () => ({ SPEECH_BASE_URL: '' }),
      providers: { replies: [{ match: /^/, text: 'Yes.' }], hears: () => words },
    });
    const adam = await callIn(setup, 'Adam');
    await adam.say(question, soon());
    const why = text('fail.no_voice', { language: 'German' });
    await eventually(() => expect(written(setup)).toContain(`${why} Yes.`));
    expect(shownMessages(setup)[0]?.content).toContain('Answer in German');
    await adam.say(question, soon());
    await eventually(() => expect(written(setup)).toContain('Yes.'));
    words = 'In English, please.';
    const { heard } = await converse(setup, adam, question);
    expect(heard.ended).toBe('quiet');
    expect(shownMessages(setup)[0]?.content).toContain('Answer in English');
    expect(written(setup).filter((one) => one.startsWith(why))).toHaveLength(1);
  },
);
