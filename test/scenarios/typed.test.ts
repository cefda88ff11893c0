import { expect } from 'vitest';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  eventually,
  hearAnswer,
  openScenario,
  scenario,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const answer = 'Two nine three four zero.';
const lounge = { channel: 'Lounge' };

scenario(
  'a line that mentions the bot in the chat of its channel is answered there, and aloud',
  async () => {
    await using setup = await openScenario({
      providers: { replies: [{ match: '', text: answer }] },
    });
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    const replies = () => sandbox.messages('Lounge').filter(({ text }) => text === answer);
    adam.write('Nobody is asked by this.', lounge);
    const asked = adam.write(`<@${sandbox.botId}> what is the code?`, lounge);
    const heard = await hearAnswer(adam, asked.atMs);
    await expectAlike(heard.pcm, toneOf([answer]));
    await eventually(() => expect(replies()).toHaveLength(1));
    const [reply] = replies();
    adam.write('And once more?', { ...lounge, ...(reply && { replyTo: reply }) });
    await eventually(() => expect(replies()).toHaveLength(2));
    const questions = setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
    expect(JSON.stringify(questions.at(-1)?.body)).toContain('what is the code?');
    expect(JSON.stringify(questions)).not.toContain('Nobody is asked by this.');
  },
);
