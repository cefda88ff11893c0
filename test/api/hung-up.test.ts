import { expect, test } from 'vitest';
import { chained } from '#src/pipeline/chained.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';
import { dollars, openDesk } from '#test/fakes/spending.ts';
import { only, openSessionFixture, places } from '#test/session/setup/session-fixture.ts';
import { openApi, programPorts } from './api-setup.ts';

const guildId = 'g';

test.each(['text', 'file'])(
  'a program that hangs up ends its question at the model, and what was set aside (%s)',
  async (answer) => {
    const clock = new VirtualClock();
    const chat = new FakeChat([['stall']]);
    const pipelines = only(chained({ chat, synthesizer: new FakeSynthesizer() }));
    const { desk, ledger } = openDesk(clock, { caps: { serverDay: dollars(1) } });
    const fixture = openSessionFixture({ chat, pipelines, spending: desk }, undefined, clock);
    const { talk } = fixture;
    const ask: typeof talk.ask = (...question) => talk.ask(...question);
    await using api = await openApi(programPorts({ ask, ...places }));
    await api.add('bell', { guildId });
    const program = new AbortController();
    const asking = api.ask('bell', `/v1/servers/${guildId}/ask`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ question: 'Well?', answer }),
      signal: program.signal,
    });
    const running = async () => {
      await clock.advance(20);
      return chat.running;
    };
    await expect.poll(running).toBe(1);
    expect(ledger.reserved(guildId).nanoUsd).toBeGreaterThan(0);
    program.abort();
    await asking.catch(() => undefined);
    await expect.poll(running).toBe(0);
    expect(ledger.reserved(guildId).nanoUsd).toBe(0);
    expect(api.bugs).toEqual([]);
  },
);
