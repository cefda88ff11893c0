import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  hearAnswer,
  madeTexts,
  openScenario,
  scenario,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'a voice is heard before it is chosen: aloud in a quiet channel, else in a file for its caller alone',
  async () => {
    await using setup = await openScenario();
    const { providers, sandbox } = setup;
    const spokenIn = () =>
      providers.requests.flatMap(({ endpoint, body }) =>
        endpoint === 'speech' ? [body?.voice] : [],
      );
    const olga = await callIn(setup, 'Olga');
    const { length } = madeTexts(setup);
    const asked = olga.command('voice preview', { voice: 'echo' });
    const heard = await hearAnswer(olga, asked.sentAtMs);
    expect(await asked.answered(soon())).toMatchObject(
      whispered('voice.preview.aloud', { voice: 'echo' }),
    );
    const words = madeTexts(setup).slice(length);
    expect(words.join(' ')).toBe(text('voice.preview.words', { bot: 'Nova' }));
    await expectAlike(heard.pcm, toneOf(words));

    const file = await commandReply(sandbox.person('Ben'), 'voice preview', { voice: 'marin' });
    expect(file).toMatchObject(whispered('voice.preview.aloud', { voice: 'marin' }));
    expect(file.fileNames).toEqual(['voice.wav']);
    expect(new Set(spokenIn().slice(-2))).toEqual(new Set(['marin']));
  },
);
