import { expect, test } from 'vitest';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { getSayingText } from '#test/conversation/setup/sayings.ts';
import {
  openServed,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';
import { adam, eva } from '#test/conversation/setup/session-fixture.ts';
import {
  findQuietMs,
  listRemembered,
  openListening,
  replies,
} from './session-pipeline-setup.ts';

/** Who is heard by whatever answers a room, and what is left of it, with real servers behind that. */
export function testSessionConsent(name: PipelineName) {
  testConsent(name);
  testRetraction(name);
  testLeaving(name);
}

function testConsent(name: PipelineName) {
  test(`${name}: sound of somebody who did not agree reaches no server`, async () => {
    await using served = await openServed(name, { replies });
    await served.say('capital', eva);
    await served.pass(2_000);
    expect(measureSoundMs(served)).toBe(0);
    const reported = ['models', 'speech']; // what the bot says of itself
    const sent = served.providers.requests.filter(
      ({ endpoint }) => !reported.includes(endpoint),
    );
    expect(sent).toEqual([]);
    const both = [
      await served.makePackets('forward', adam),
      await served.makePackets('capital', eva),
    ];
    await served.pass(4_000, both.flat());
    await served.passUntil(() => served.fixture.of('answered').length > 0, 'an answer');
    expect(served.heard.join(' ')).not.toMatch(/what|capital|france/);
    expect(served.heard).toContain(getSayingText('forward'));
    expect(JSON.stringify(served.providers.requests)).not.toContain('Eva');
    expect(served.shown).toEqual([`user: Adam: ${getSayingText('forward')}`]);
  });

  test(`${name}: what is said to others reaches nobody who answers`, async () => {
    await using served = await openServed(name, { replies, addressing: 'auto' });
    await served.say('forward');
    await served.settleAll();
    expect(served.fixture.of('ignored')).toMatchObject([{ why: 'not-named' }]);
    expect([served.asked, served.spending.bills, listRemembered(served)]).toEqual([
      [],
      [],
      [],
    ]);
    expect(served.providers.talk.calls.filter(({ soundMs }) => soundMs > 0)).toEqual(
      [],
    );
    served.fixture.talk.openAskWindow(toGuildId('g'), toPersonId('adam'));
    await served.ask('capital');
    expect(served.shown).toEqual([`user: Adam: ${getSayingText('capital')}`]);
  });
}

function testRetraction(name: PipelineName) {
  test(`${name}: a no in the middle of a sentence takes back what was heard of it`, async () => {
    await using served = await openServed(name, { replies, people: [adam] });
    await served.say('forward', adam, 1_200);
    const rest = await served.makePackets('forward', adam);
    await served.fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
    const countBefore = served.providers.requests.length;
    await served.pass(1_500, rest);
    await served.settleAll();
    expect(served.providers.requests.slice(countBefore)).toEqual([]);
    expect([served.fixture.of('answered'), served.running]).toEqual([[], []]);
    const calls = served.providers.talk.calls.map(({ bufferMs, items, commits }) => ({
      bufferMs,
      items,
      commits,
    }));
    for (const call of calls)
      expect(call).toEqual({ bufferMs: 0, items: [], commits: [] });
    await served.fixture.privacy.allow(toGuildId('g'), toPersonId('adam'));
    await served.ask('capital');
    expect(served.shown).toEqual([`user: Adam: ${getSayingText('capital')}`]);
  });
}

function testLeaving(name: PipelineName) {
  test(`${name}: after a no there is nothing of it with any server that remembers`, async () => {
    await using served = await openServed(name, { replies });
    await served.ask('forward');
    await served.fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
    await served.settleAll();
    expect(listRemembered(served)).toEqual([]);
    await served.fixture.privacy.allow(toGuildId('g'), toPersonId('adam'));
    await served.ask('capital');
    expect(served.shown).toEqual([`user: Adam: ${getSayingText('capital')}`]);
  });

  test(`${name}: a no in the middle of the answer ends it, and leaves nothing of both`, async () => {
    await using served = await openListening(name);
    await served.fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
    await findQuietMs(served);
    expect([served.fixture.of('answered'), listRemembered(served)]).toEqual([[], []]);
  });

  test(`${name}: after the goodbye nothing is under way, and nobody is connected to`, async () => {
    await using served = await openListening(name);
    await served.fixture.sessions.leave(toGuildId('g'));
    await served.settleAll();
    expect([
      served.running,
      listRemembered(served),
      served.providers.talk.open,
    ]).toEqual([[], [], 0]);
  });
}

/** All that was sent while somebody spoke, or as a recording. */
function measureSoundMs({ heard, providers }: ServedSession) {
  const { talk } = providers;
  return talk.calls.reduce((sum, call) => sum + call.soundMs, 0) + heard.length;
}
