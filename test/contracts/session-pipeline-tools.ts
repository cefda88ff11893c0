import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import {
  openServed,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';
import { continueAfterPause } from './session-pipeline-setup.ts';

const makeCall = (name: string, fields: object = {}) => ({
  call: { name, argumentsJson: JSON.stringify(fields) },
});
const foundResult = { match: 'othersWithoutName', text: 'You are two.' };

/** Tools in whatever answers a room, with real servers behind that. */
export function testSessionTools(name: PipelineName) {
  testRuns(name);
  testEffects(name);
}

function testRuns(name: PipelineName) {
  test(`${name}: a tool runs once, and what it found out is told`, async () => {
    const replies = [
      foundResult,
      { match: 'forward', text: 'One moment.', ...makeCall('who_is_here') },
    ];
    await using served = await openServed(name, { replies });
    const answered = await served.ask('forward');
    // Words of a live model come as they are, without a space between two sentences.
    expect(answered?.text.replace('moment.You', 'moment. You')).toBe(
      'One moment. You are two.',
    );
    expect(answered).toMatchObject({
      finish: 'completed',
      heardText: 'One moment. You are two.',
    });
    expect(listTools(served)).toEqual([['who_is_here', 'ran', 'adam']]);
    expect(served.shown.at(-1)).toContain('"names":["Adam"]');
    const [bill, ...others] = served.spending.bills.filter(({ wanted }) => wanted > 0);
    // A live model counts its rounds beside those of the chat model that works for it.
    expect([bill?.used.length, others]).toEqual([name === 'live' ? 4 : 2, []]);
  });

  test(`${name}: a tool that an interrupted answer was going to call never runs`, async () => {
    const text = `Well, let me see. ${'It will take me a while to look around here. '.repeat(40)}`;
    const replies = [
      foundResult,
      { match: 'forward', text, ...makeCall('who_is_here') },
    ];
    // Servers take real time: the call comes 5 s after the first words, so that a busy machine has cut the answer off before.
    const pace = { tokensPerSecond: 50, soundSpeed: 20 };
    await using served = await openServed(name, { replies, pace });
    await served.say('forward');
    await served.passUntil(() => served.soundedMs(800) > 700, 'some of the answer');
    expect(listTools(served)).toEqual([]);
    served.fixture.talk.stopSpeaking(toGuildId('g'));
    await served.settleAll();
    await served.pass(3_000);
    expect([listTools(served), served.running]).toEqual([[], []]);
  });

  test(`${name}: a tool called by an answer that was prepared in vain never runs`, async () => {
    const replies = [foundResult, { match: /./, ...makeCall('who_is_here') }];
    await using served = await openServed(name, { replies, people: [adam] });
    // He pauses and goes on: what was prepared in the pause rests on half of his words.
    await continueAfterPause(served, 120, 3_540);
    await served.passUntil(
      () => served.fixture.of('answered').length > 0,
      'an answer to both',
    );
    await served.settleAll();
    const [answered, ...others] = served.fixture.of('answered');
    expect([answered?.text, others]).toEqual(['You are two.', []]);
    expect(listTools(served)).toEqual([['who_is_here', 'ran', 'adam']]);
    expect(
      served.spending.bills.filter(({ wanted }) => wanted === 0).length,
    ).toBeGreaterThan(0);
  });
}

function testEffects(name: PipelineName) {
  test(`${name}: a message that words of others may have caused waits for the asker's button`, async () => {
    const replies = [
      { match: 'forward', ...makeCall('post_text', { text: 'Dinner.' }) },
    ];
    await using served = await openServed(name, { replies });
    await served.fixture.personas.savePersona(toGuildId('g'), toChannelId('lounge'), {
      name: 'Max',
    });
    expect(await served.ask('forward')).toMatchObject({
      text: expect.stringContaining('in the chat: “Dinner.”? Say yes or no.'),
    });
    expect(listTools(served)).toEqual([['post_text', 'asked', 'adam']]);
    const askId = served.fixture.offered.at(-1)?.split(':')[1] ?? '';
    expect(
      await served.fixture.confirmations.confirmCall(
        toGuildId('g'),
        askId,
        toPersonId('eva'),
      ),
    ).toMatchObject({
      kind: 'other',
    });
    expect(
      await served.fixture.confirmations.confirmCall(
        toGuildId('g'),
        askId,
        toPersonId('adam'),
      ),
    ).toMatchObject({
      kind: 'completed',
    });
    expect(listTools(served).at(-1)).toEqual(['post_text', 'pressed', 'adam']);
  });

  test(`${name}: what was done before the link was lost is not done again, and its result is known`, async () => {
    const set = makeCall('volume', { level: 50 });
    const replies = [
      { match: 'voice: 50', text: 'Half as loud.' },
      { match: 'speak half', ...set },
    ];
    await using served = await openServed(name, {
      replies,
      pace: { firstTokenMs: 100 },
    });
    await served.say('louder');
    await served.passUntil(() => listTools(served).length > 0, 'a volume that is set');
    served.fixture.linkOpener.link.lose();
    await served.passUntil(
      () => served.fixture.of('answered').length > 0,
      'an answer over the next link',
    );
    expect(served.fixture.of('answered').at(-1)).toMatchObject({
      text: 'Half as loud.',
    });
    expect(listTools(served)).toEqual([['volume', 'ran', 'adam']]);
  });
}

function listTools({ fixture }: ServedSession) {
  return fixture.of('tool').map(({ tool, how, speakerId }) => [tool, how, speakerId]);
}
